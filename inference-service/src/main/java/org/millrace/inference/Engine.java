package org.millrace.inference;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import org.millrace.bpe.Tokenizer;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.inference.schema.Grammar;
import org.millrace.inference.schema.Guides;
import org.millrace.inference.schema.Spellings;

/// Draws tokens with one version of a model, for many requests at once. One thread owns the decoder;
/// callers leave requests and hear of tokens through their listener.
///
/// ```text
/// submit ─▶ waiting ─admit─▶ rows 0 … n−1 ─step─▶ one token each ─▶ listener
///              │ full: Overloaded     ▲ a row that leaves is filled with the last one
///              └──────────────────────┘ joining and leaving happen between steps
/// ```
///
/// A step costs what its n rows cost, not what all slots would. Of a prompt only that is read which no row
/// holds ([Rows]): a request's other samples, a system prompt that many share and the turns before copy
/// what they need. Between two steps falls at most one chunk of prompts, and while answers are drawn no more than
/// they may pause for ([Pace]); behind it pieces of prompts that do not fit ([Admission]) or, every second step while
/// one waits, a piece of a scoring. That of a scoring, or of a prompt whose log-probabilities are wanted, has no more
/// tokens than 8 MiB hold logits of. An engine knows nothing of versions, names or wires.
public final class Engine {

    /// What an engine takes on.
    ///
    /// @param slots answers drawn at the same time, at least 1
    /// @param queue answers of users that may wait, and of rollouts beside them as many
    /// @param chunk prompt tokens (padded) read together between two steps, at least 1; behind them may come
    ///     pieces of prompts that do not fit, or of a scoring
    /// @param pause how long, about, answers that are drawn wait for prompts between two steps; above 0
    /// @param rolloutShare of slots that are taken while both wait, goes to rollouts; above 0, below 1. They get
    ///     none behind a user whose long prompt waits for another to be read
    public record Limits(int slots, int queue, int chunk, Duration pause, double rolloutShare) {

        /// Tokens of a chunk where nobody says otherwise.
        public static final int CHUNK = 512;

        private static final Duration PAUSE = Duration.ofMillis(20);
        private static final double ROLLOUT_SHARE = 0.1;

        public Limits {
            if (slots < 1) {
                throw new IllegalArgumentException("slots: expected at least 1, got " + slots);
            }
            if (chunk < 1) {
                throw new IllegalArgumentException("prompt_chunk: expected at least 1, got " + chunk);
            }
            if (!pause.isPositive()) {
                throw new IllegalArgumentException("prompt_pause: expected above 0, got " + pause);
            }
            if (!(rolloutShare > 0 && rolloutShare < 1)) {
                throw new IllegalArgumentException("rollout_share: expected above 0 and below 1, got " + rolloutShare);
            }
        }

        public Limits(int slots, int queue) {
            this(slots, queue, CHUNK, PAUSE, ROLLOUT_SHARE);
        }
    }

    /// Logits held for one piece whose tokens are all scored: 8 MiB.
    public static final int PIECE_LOGITS = 1 << 21;

    /// How long one step may take before nobody waits for it any more: a hundred times a slow one.
    private static final Duration STEP = Duration.ofSeconds(10);

    private final Decoder decoder;
    private final Tokenizer tokenizer;
    private final int vocabulary;
    private final boolean saysAnything;
    private final Backlog backlog;
    private final Batch batch;
    private final Admission admission;
    private final Pace pace;
    private final Thread thread;

    private volatile int running;
    private volatile boolean broken;

    /// @param decoder with `limits.slots() + 1` rows; belongs to the engine, which closes it
    /// @param endOfTurn ends an answer, besides the ends that the configuration names
    /// @param onDeath hears of a bug that ended the engine's thread
    public Engine(
            String name,
            Decoder decoder,
            ModelConfig config,
            Tokenizer tokenizer,
            int endOfTurn,
            Limits limits,
            Tally tally,
            Thread.UncaughtExceptionHandler onDeath) {
        this(name, decoder, config, tokenizer, endOfTurn, limits, tally, onDeath, System::nanoTime);
    }

    /// @param clock ns; what steps and reading take is told by it
    Engine(
            String name,
            Decoder decoder,
            ModelConfig config,
            Tokenizer tokenizer,
            int endOfTurn,
            Limits limits,
            Tally tally,
            Thread.UncaughtExceptionHandler onDeath,
            LongSupplier clock) {
        this.decoder = decoder;
        this.tokenizer = tokenizer;
        this.vocabulary = config.vocabulary();
        var ends = new Slot.Ends(endOfTurn, config.eosId(), config.bosId(), config.context());
        var spellings = new Spellings(tokenizer);
        this.saysAnything = spellings.areComplete();
        var sampler = new Sampler(vocabulary, Math.min(vocabulary, tokenizer.vocabularySize()));
        this.backlog = new Backlog(limits.queue(), limits.rolloutShare());
        this.batch = new Batch(decoder, limits, sampler, vocabulary, ends, new Guides(spellings, ends.ids()), tally);
        this.pace = new Pace(limits.pause(), limits.chunk(), clock);
        this.admission = new Admission(backlog, batch, limits, pace, () -> running = running + 1); // of one thread
        this.thread = Thread.ofPlatform()
                .name("engine-" + name)
                .uncaughtExceptionHandler(onDeath)
                .unstarted(this::run);
    }

    public void start() {
        thread.start();
    }

    /// Leaves a request.
    ///
    /// @return false if this engine takes no more requests: a newer version took over, or the server drains
    /// @throws Overloaded if not all answers find a place in the queue; then none waits
    public boolean submit(Generation generation) throws Overloaded {
        return submit(List.of(generation));
    }

    /// Leaves all of them or none, else as [#submit(Generation)].
    ///
    /// @throws IllegalArgumentException naming what this model does not have
    public boolean submit(List<Generation> generations) throws Overloaded {
        List<Slot> slots = new ArrayList<>();
        for (Generation generation : generations) {
            checkBias(generation.sampling());
            Grammar grammar = generation.grammar();
            if (grammar != null && !saysAnything) {
                throw new IllegalArgumentException(
                        grammar.field() + ": expected a model with a token for each byte, got one without");
            }
            for (int sample = 0; sample < generation.samples(); sample++) {
                slots.add(new Slot(generation, sample, tokenizer));
            }
        }
        return backlog.add(slots);
    }

    private void checkBias(Sampling sampling) {
        for (int id : sampling.bias().keySet()) {
            if (id < 0 || id >= vocabulary) {
                throw new IllegalArgumentException(
                        "logit_bias: expected ids 0 to %d, got %d".formatted(vocabulary - 1, id));
            }
        }
    }

    /// As [#submit(Generation)].
    public boolean submit(Scoring scoring) throws Overloaded {
        return backlog.add(scoring);
    }

    /// Takes no more requests, finishes those it has, then frees the model.
    public void drain() {
        backlog.close();
    }

    /// While paused it begins no step, and keeps the caches of those being drawn; while it drains it takes no more
    /// requests, none either that were on their way when this returns. Unlike after [#drain()], it may serve again.
    public void enter(Mode mode) {
        backlog.enter(mode);
    }

    /// Drains for at most `patience`, also if it was paused, then drops what is left.
    ///
    /// @return false if the step that was under way then has not come back for ten seconds more
    public boolean stop(Duration patience) throws InterruptedException {
        return stop(patience, STEP);
    }

    boolean stop(Duration patience, Duration step) throws InterruptedException {
        drain();
        enter(Mode.DRAINING);
        if (thread.join(patience)) {
            return true;
        }
        backlog.stop();
        return thread.join(step);
    }

    /// Answers being drawn or about to be. Who leaves the queue counts here at once: a look at [#waiting()] and then
    /// here misses nobody.
    public int running() {
        return running;
    }

    /// Answers and continuations that wait.
    public int waiting() {
        return backlog.size();
    }

    public boolean isAlive() {
        return thread.isAlive();
    }

    /// True once a bug has ended the engine's thread: no newer version need have taken over.
    public boolean isBroken() {
        return broken;
    }

    private void run() {
        try (decoder) {
            boolean scoringsTurn = false; // before a piece of a long prompt
            while (backlog.awaitWork(this::isDrawing, this::letGo)) {
                leave();
                int read = admission.admit(!scoringsTurn);
                leave();
                if (scoringsTurn || read == 0) {
                    score(read);
                }
                if (!batch.isEmpty()) {
                    pace.step(batch::step);
                }
                leave();
                scoringsTurn = read > 0 && !scoringsTurn && backlog.oldestScoring() != null;
            }
            fail(new Stopped());
        } catch (RuntimeException | Error e) {
            broken = true; // before callers are sent away, so that they know why
            drain();
            fail(e);
            throw e;
        }
    }

    private boolean isDrawing() {
        return !batch.isEmpty() || batch.isReading();
    }

    private void letGo() {
        admission.letGo();
        leave();
    }

    /// Finished answers leave their rows.
    private void leave() {
        batch.compact();
        running = batch.size() + batch.aside().size();
    }

    /// One piece of the oldest scoring that somebody waits for.
    ///
    /// @param read prompt tokens that were read since the last step
    private void score(int read) {
        Scoring scoring = backlog.oldestScoring();
        if (scoring != null) {
            int most = batch.isEmpty() ? Integer.MAX_VALUE : Math.max(pace.left(read), pace.piece());
            pace.read(() -> batch.score(scoring, most));
            backlog.oldestScoring(); // its place is free at once if that was the last piece
        }
    }

    /// Tells everybody whose answers have not all ended, once each and wherever they stand: in a row, on the
    /// way to one, or in the queue.
    private void fail(Throwable cause) {
        Backlog.Left left = backlog.clear();
        Set<Generation> unanswered = new LinkedHashSet<>();
        for (List<Slot> places : List.of(admission.clear(), batch.clear(), left.slots())) {
            places.stream()
                    .filter(slot -> !slot.isFinished())
                    .map(Slot::generation)
                    .forEach(unanswered::add);
        }
        running = 0;
        for (Generation generation : unanswered) {
            try {
                generation.listener().failed(cause);
            } catch (RuntimeException e) {
                cause.addSuppressed(e); // the others must hear of it all the same
            }
        }
        left.scorings().forEach(scoring -> scoring.result().completeExceptionally(cause));
    }
}
