package org.millrace.inference;

import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.millrace.bpe.Tokenizer;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.inference.schema.Grammar;
import org.millrace.inference.schema.Guides;
import org.millrace.inference.schema.Spellings;

/// Draws tokens with one version of a model, for many requests at once. One thread owns the decoder; callers
/// leave requests and hear of tokens through their listener.
///
/// ```text
/// submit ─▶ waiting ─admit─▶ rows 0 … n−1 ─step─▶ one token each ─▶ listener
///              │ full: Overloaded     ▲ a row that leaves is filled with the last one
///              └──────────────────────┘ joining and leaving happen between steps
/// ```
///
/// A step costs what its n rows cost, not what all slots would. Of a prompt only that is read which no row holds
/// ([Rows]): a request's other samples, a system prompt that many share and the turns before copy what they need.
/// Between two steps at most one chunk of the prompts that fit one is read: whose does gets its first token before the
/// step that follows the one under way (with that step if some row holds the prompt), unless others who came before
/// take the chunk. Behind them comes a piece of a prompt that does not fit, or, every second step while one waits, of a
/// scoring. A prompt's piece is what the others left of the chunk, an eighth at least; that of a scoring, or of a
/// prompt whose log-probabilities are wanted, has no more tokens than 8 MiB hold logits of. So between two steps may
/// fall a chunk and behind it a piece, of a chunk at most. It knows nothing of versions, names or wires.
public final class Engine {

    /// What an engine takes on.
    ///
    /// @param slots answers drawn at the same time, at least 1
    /// @param queue answers of users that may wait, and of rollouts beside them as many
    /// @param chunk prompt tokens (padded) read together between two steps, at least 1; behind them may come a
    ///     piece of a long prompt or of a scoring
    /// @param rolloutShare of slots that are taken while both wait, goes to rollouts; above 0, below 1. They get
    ///     none behind a user whose long prompt waits for another to be read
    public record Limits(int slots, int queue, int chunk, double rolloutShare) {

        private static final int CHUNK = 512;
        private static final double ROLLOUT_SHARE = 0.1;

        public Limits {
            if (slots < 1) {
                throw new IllegalArgumentException("slots: expected at least 1, got " + slots);
            }
            if (chunk < 1) {
                throw new IllegalArgumentException("prompt_chunk: expected at least 1, got " + chunk);
            }
            if (!(rolloutShare > 0 && rolloutShare < 1)) {
                throw new IllegalArgumentException("rollout_share: expected above 0 and below 1, got " + rolloutShare);
            }
        }

        public Limits(int slots, int queue) {
            this(slots, queue, CHUNK, ROLLOUT_SHARE);
        }
    }

    /// How often an engine that is paused looks for callers who have gone.
    private static final Duration LOOK = Duration.ofMillis(100);

    /// How long one step may take before nobody waits for it any more: a hundred times a slow one.
    private static final Duration STEP = Duration.ofSeconds(10);

    /// Logits held for one piece of a scoring: 8 MiB.
    private static final int PIECE_LOGITS = 1 << 21;

    private final Decoder decoder;
    private final Rows rows;
    private final Tokenizer tokenizer;
    private final Limits limits;
    private final Tally tally;
    private final Slot.Ends ends;
    private final Guides guides;
    private final boolean saysAnything;
    private final Sampler sampler;
    private final float[] logits;
    private final int[] tokens;
    private final int[] before;
    private final Thread thread;

    /// Rows of the decoder, by index. Of the engine's thread, as are the next two.
    private final List<Slot> active = new ArrayList<>();

    /// Who joins now and whose prompt must be read.
    private final List<Slot> fresh = new ArrayList<>();

    /// Who joins now and whose prompt is among those that must be read.
    private final List<Slot> siblings = new ArrayList<>();

    /// Seen since the last step: they do not fit a chunk, and wait for the one that is being read.
    private final Set<Generation> tooLong = new HashSet<>();

    /// On its way from the queue to its place.
    private @Nullable Slot arriving;

    /// Whose prompt is longer than a chunk and read in pieces; its row is set aside. Written by the engine's thread
    /// alone.
    private volatile @Nullable Reading reading;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Waiting waiting;
    private final Deque<Scoring> scorings = new ArrayDeque<>();
    private int scoringsWaiting;
    private boolean paused;
    private boolean refusing;
    private boolean draining;
    private boolean stopping;

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
        this.decoder = decoder;
        this.rows = new Rows(decoder, limits.slots(), config.context());
        this.tokenizer = tokenizer;
        this.limits = limits;
        this.waiting = new Waiting(limits.rolloutShare());
        this.tally = tally;
        this.ends = new Slot.Ends(endOfTurn, config.eosId(), config.bosId(), config.context());
        var spellings = new Spellings(tokenizer);
        this.guides = new Guides(spellings, ends.ids());
        this.saysAnything = spellings.areComplete();
        this.sampler = new Sampler(config.vocabulary(), Math.min(config.vocabulary(), tokenizer.vocabularySize()));
        this.logits = new float[config.vocabulary()];
        this.tokens = new int[limits.slots()];
        this.before = new int[limits.slots()];
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
        lock.lock();
        try {
            if (draining || refusing) {
                return false;
            }
            waiting.dropFinished();
            for (Generation.Priority priority : Generation.Priority.values()) {
                int answers = generations.stream()
                        .filter(generation -> generation.priority() == priority)
                        .mapToInt(Generation::samples)
                        .sum();
                checkRoom(answers, waiting.size(priority));
            }
            waiting.addAll(slots);
            changed.signal();
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void checkBias(Sampling sampling) {
        for (int id : sampling.bias().keySet()) {
            if (id < 0 || id >= logits.length) {
                throw new IllegalArgumentException(
                        "logit_bias: expected ids 0 to %d, got %d".formatted(logits.length - 1, id));
            }
        }
    }

    /// As [#submit(Generation)].
    public boolean submit(Scoring scoring) throws Overloaded {
        lock.lock();
        try {
            if (draining || refusing) {
                return false;
            }
            waiting.dropFinished();
            checkRoom(scoring.continuations(), waiting.size());
            scorings.add(scoring);
            scoringsWaiting += scoring.continuations();
            changed.signal();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /// @param beside answers that wait, besides scorings
    private void checkRoom(int answers, int beside) throws Overloaded {
        dropScorings();
        int taken = beside + scoringsWaiting;
        if (answers > 0 && taken + answers > limits.queue()) {
            throw new Overloaded("queue: expected room for %d answers, got %d of %d places taken"
                    .formatted(answers, taken, limits.queue()));
        }
    }

    private void dropScorings() {
        scorings.removeIf(Scoring::isOver);
        scoringsWaiting = scorings.stream().mapToInt(Scoring::continuations).sum();
    }

    /// Takes no more requests, finishes those it has, then frees the model.
    public void drain() {
        lock.lock();
        try {
            draining = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /// While paused it begins no step, and keeps the caches of those being drawn; while it drains it takes no more
    /// requests, none either that were on their way when this returns. Unlike after [#drain()], it may serve again.
    public void enter(Mode mode) {
        lock.lock();
        try {
            paused = mode == Mode.PAUSED;
            refusing = mode == Mode.DRAINING;
            changed.signal();
        } finally {
            lock.unlock();
        }
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
        lock.lock();
        try {
            stopping = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
        return thread.join(step);
    }

    /// Answers being drawn or about to be. Who leaves the queue counts here at once: a look at [#waiting()] and then
    /// here misses nobody.
    public int running() {
        return running;
    }

    /// Answers and continuations that wait.
    public int waiting() {
        lock.lock();
        try {
            return waiting.size() + scoringsWaiting;
        } finally {
            lock.unlock();
        }
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
            while (awaitWork()) {
                boolean read = admit(!scoringsTurn);
                step();
                if (scoringsTurn || !read) {
                    score();
                }
                scoringsTurn = read && !scoringsTurn && oldestScoring() != null;
            }
            fail(new Stopped());
        } catch (RuntimeException | Error e) {
            broken = true; // before callers are sent away, so that they know why
            drain();
            fail(e);
            throw e;
        }
    }

    private boolean awaitWork() {
        lock.lock();
        try {
            while (!stopping) {
                if (paused) {
                    letGo();
                }
                if (!hasWork() && draining) {
                    return false;
                }
                if (paused) {
                    await(LOOK);
                } else if (hasWork()) {
                    return true;
                } else {
                    changed.awaitUninterruptibly();
                }
            }
            return false;
        } finally {
            lock.unlock();
        }
    }

    private boolean hasWork() {
        return !active.isEmpty() || reading != null || !waiting.isEmpty() || !scorings.isEmpty();
    }

    /// Of those whose callers have gone: no step comes that would.
    private void letGo() {
        if (reading != null && reading.slot().isFinished()) {
            endReading();
        }
        compact();
        waiting.dropFinished();
        dropScorings();
    }

    private void await(Duration most) {
        try {
            changed.awaitNanos(most.toNanos());
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts this thread", e);
        }
    }

    /// @param inPieces whether a long prompt may be read, too
    /// @return whether prompt tokens were read
    private boolean admit(boolean inPieces) {
        compact();
        tooLong.clear();
        int left = limits.chunk();
        int before;
        do {
            before = left;
            left -= join(left);
        } while (0 < left && left < before);
        boolean read = left < limits.chunk();
        Reading current = reading;
        if (current != null && inPieces) {
            readPiece(current, Math.max(left, Math.ceilDiv(limits.chunk(), 8)));
            read = true;
        }
        compact();
        return read;
    }

    /// @param most tokens that may be read
    private void readPiece(Reading current, int most) {
        Slot slot = current.slot();
        if (slot.isFinished()) {
            endReading();
            return;
        }
        int fed = current.feed(rows, slot.scoresPrompt() ? Math.min(piece(), most) : most, sampler, logits);
        tally.promptTokens().add(fed);
        if (current.isDone()) {
            endReading();
            begin(slot);
        }
    }

    /// Its row comes back from where it was set aside, behind the active.
    private void endReading() {
        rows.takeBack(active.size());
        reading = null;
    }

    /// @return tokens that were read, padding included
    private int readFresh() {
        int first = active.size();
        int[][] prompts = fresh.stream().map(Slot::prompt).toArray(int[][]::new);
        int longest = 0;
        for (int i = 0; i < prompts.length; i++) {
            rows.take(first + i, prompts[i], 0);
            fresh.get(i).begin(0, guides);
            longest = Math.max(longest, prompts[i].length);
        }
        FloatBuffer out = rows.read(first, prompts);
        for (int i = 0; i < prompts.length; i++) {
            tally.promptTokens().add(prompts[i].length);
            out.get(i * logits.length, logits);
            begin(fresh.get(i));
        }
        for (Slot sibling : siblings) { // from the same logits, so it need not wait for a step
            int[] prompt = sibling.prompt();
            rows.take(active.size(), prompt, prompt.length);
            out.get(rowOf(fresh, sibling.generation()) * logits.length, logits);
            sibling.begin(prompt.length, guides);
            begin(sibling);
        }
        fresh.clear();
        siblings.clear();
        return longest * prompts.length;
    }

    /// Reads what no row holds of a prompt.
    ///
    /// @return tokens that were read
    private int readRest(Slot slot, int known) {
        rows.take(active.size(), slot.prompt(), known);
        slot.begin(known, guides);
        int fed = new Reading(slot, active.size(), known).feed(rows, limits.chunk(), sampler, logits);
        tally.promptTokens().add(fed);
        begin(slot);
        return fed;
    }

    /// The row behind the active holds its prompt, and the logits are those behind it.
    private void begin(Slot slot) {
        active.add(slot);
        slot.stand(slot.prompt().length, 0);
        draw(slot);
    }

    /// Gives a row to an answer whose prompt some row holds; its last token is fed again, for its logits.
    private void repeat(Slot slot) {
        int[] prompt = slot.prompt();
        int known = prompt.length - 1;
        rows.take(active.size(), prompt, known);
        slot.begin(known, guides);
        slot.stand(known, prompt[known]);
        active.add(slot);
    }

    /// Tokens that are fed at once if all their logits are wanted.
    private int piece() {
        return Math.clamp(PIECE_LOGITS / logits.length, 1, limits.chunk());
    }

    /// Takes those who may join now out of the queues, in turn, and reads their prompts: all but a long one.
    ///
    /// @param most tokens that may be read
    /// @return tokens that were read, padding included
    private int join(int most) {
        int read = 0;
        for (Slot slot = takeNext(most); slot != null; slot = takeNext(most - read)) {
            int known = known(slot);
            if (rowOf(fresh, slot.generation()) >= 0) {
                siblings.add(slot);
            } else if (isHeld(slot, known)) {
                repeat(slot);
            } else if (isLong(slot, known)) {
                rows.take(active.size(), slot.prompt(), known);
                slot.begin(known, guides);
                reading = new Reading(slot, rows.setAside(active.size()), known);
            } else if (known > 0) {
                read += readRest(slot, known);
            } else {
                fresh.add(slot);
            }
            arriving = null;
        }
        return fresh.isEmpty() ? read : read + readFresh();
    }

    private @Nullable Slot takeNext(int left) {
        if (active.size() + fresh.size() + siblings.size() + (reading == null ? 0 : 1) == limits.slots()) {
            return null;
        }
        lock.lock();
        try {
            Slot next = waiting.peek(this::mayPass);
            if (next != null && fits(next, left)) {
                waiting.take(next);
                arriving = next;
                running = running + 1; // of one thread; compact() counts anew
                return next;
            }
            return null;
        } finally {
            lock.unlock();
        }
    }

    /// Whether it need not wait for the long prompt that is being read: it fits a chunk, and is not of the same
    /// request, whose samples copy what the first has read.
    private boolean mayPass(Slot slot) {
        Reading current = reading;
        if (current == null) {
            return true;
        }
        Generation generation = slot.generation();
        if (generation == current.slot().generation() || tooLong.contains(generation)) {
            return false;
        }
        return !isLong(slot, known(slot)) || !tooLong.add(generation);
    }

    /// Whether it may join before the next step, beside those whose prompts are to be read together.
    ///
    /// @param left tokens that may be read, theirs among them
    private boolean fits(Slot slot, int left) {
        int known = known(slot);
        if (rowOf(fresh, slot.generation()) >= 0 || isHeld(slot, known) || isLong(slot, known)) {
            return true;
        }
        int own = slot.prompt().length - known;
        int longest = known > 0 ? 0 : own; // of those that are padded to one length
        for (Slot other : fresh) {
            longest = Math.max(longest, other.prompt().length);
            int shared = Arrays.mismatch(slot.prompt(), other.prompt());
            if (shared < 0 || shared >= Rows.LEAST + known) {
                return false; // when the other is read, less of this one need be, as far as they are alike
            }
        }
        return (known > 0 ? own + longest * fresh.size() : longest * (fresh.size() + 1)) <= left;
    }

    /// Tokens of a prompt that need not be read.
    private int known(Slot slot) {
        return slot.scoresPrompt() ? 0 : rows.known(slot.prompt());
    }

    /// @param known of its prompt
    private static boolean isHeld(Slot slot, int known) {
        return !slot.scoresPrompt() && known == slot.prompt().length - 1;
    }

    /// Whether it is read in pieces. So is one whose log-probabilities are wanted, which take longer than reading.
    ///
    /// @param known of its prompt
    private boolean isLong(Slot slot, int known) {
        return slot.scoresPrompt() || slot.prompt().length - known > limits.chunk();
    }

    private static int rowOf(List<Slot> rows, Generation generation) {
        for (int row = 0; row < rows.size(); row++) {
            if (rows.get(row).generation() == generation) {
                return row;
            }
        }
        return -1;
    }

    private void step() {
        compact();
        int count = active.size();
        if (count == 0) {
            return;
        }
        for (int row = 0; row < count; row++) {
            tokens[row] = active.get(row).next();
            before[row] = active.get(row).fed();
        }
        FloatBuffer out = rows.step(count, tokens, before);
        tally.steps().increment();
        for (int row = 0; row < count; row++) {
            Slot slot = active.get(row);
            slot.stand(before[row] + 1, 0);
            out.get(row * logits.length, logits);
            draw(slot);
        }
        compact();
    }

    private void draw(Slot slot) {
        if (slot.draw(sampler, logits, ends)) {
            tally.drawnTokens().increment();
        }
    }

    /// Lets finished answers leave; the last row moves into the gap.
    private void compact() {
        for (int row = active.size() - 1; row >= 0; row--) {
            if (active.get(row).isFinished()) {
                Slot last = active.removeLast();
                rows.release(row, active.size());
                if (row < active.size()) {
                    active.set(row, last);
                }
            }
        }
        running = active.size() + (reading == null ? 0 : 1);
    }

    /// One piece of the oldest scoring that somebody waits for, in the row behind the slots.
    private void score() {
        Scoring scoring = oldestScoring();
        if (scoring == null) {
            return;
        }
        scoring.feed(decoder, limits.slots(), piece(), sampler, logits);
        oldestScoring(); // its place is free at once if that was the last piece
    }

    private @Nullable Scoring oldestScoring() {
        lock.lock();
        try {
            Scoring oldest = scorings.peek();
            while (oldest != null && oldest.isOver()) {
                scorings.remove();
                scoringsWaiting -= oldest.continuations();
                oldest = scorings.peek();
            }
            return oldest;
        } finally {
            lock.unlock();
        }
    }

    /// Tells everybody whose answers have not all ended, once each and wherever they stand: in a row, on the
    /// way to one, or in the queue.
    private void fail(Throwable cause) {
        Set<Generation> unanswered = new LinkedHashSet<>();
        Reading current = reading;
        List<Scoring> unscored;
        lock.lock();
        try {
            if (current != null && !current.slot().isFinished()) {
                unanswered.add(current.slot().generation());
            }
            reading = null;
            if (arriving != null && !arriving.isFinished()) {
                unanswered.add(arriving.generation());
            }
            arriving = null;
            for (List<Slot> places : List.of(active, fresh, siblings, waiting.drain())) {
                places.stream()
                        .filter(slot -> !slot.isFinished())
                        .map(Slot::generation)
                        .forEach(unanswered::add);
            }
            active.clear();
            fresh.clear();
            siblings.clear();
            unscored = List.copyOf(scorings);
            scorings.clear();
            scoringsWaiting = 0;
            running = 0;
        } finally {
            lock.unlock();
        }
        for (Generation generation : unanswered) {
            try {
                generation.listener().failed(cause);
            } catch (RuntimeException e) {
                cause.addSuppressed(e); // the others must hear of it all the same
            }
        }
        unscored.forEach(scoring -> scoring.result().completeExceptionally(cause));
    }
}
