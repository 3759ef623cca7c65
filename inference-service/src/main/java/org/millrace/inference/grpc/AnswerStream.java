package org.millrace.inference.grpc;

import io.smallrye.mutiny.subscription.MultiEmitter;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.Drawn;
import org.millrace.inference.Generation;
import org.millrace.inference.Publication;
import org.millrace.inference.Scored;
import org.millrace.inference.TokenizerVersion;
import org.millrace.proto.policy.v1.GenerateResponse;
import org.millrace.proto.policy.v1.GenerateResponse.Finish;
import org.millrace.proto.policy.v1.TopLogProbs;

/// The answers of one request on their way to the caller. The engine's thread only leaves tokens here; they are sent on
/// the call's event loop, so that no caller slows the engine. The first token of each answer and its last go at once
/// (with what waits of that answer, not of others); those between wait for the next [Beat], 20 ms at most, and share a
/// message: so what a token costs on its way is little beside its step, and nobody is woken for it. Whoever wants
/// answers whole gets each when it has ended.
///
/// What waits here is bounded by the tokens that the request may get.
final class AnswerStream implements Generation.Listener {

    private sealed interface Event {
        record Prompt(List<Scored> scores) implements Event {}

        record Token(Drawn drawn) implements Event {}

        record Broken(Throwable cause) implements Event {}
    }

    /// Who waits for the answers.
    ///
    /// @param model that answers
    /// @param prompt ids it sees
    private record Caller(Publication model, int[] prompt, MultiEmitter<? super GenerateResponse> out) {}

    /// Tokens of a whole answer that go without waiting for its end: with all that may stand beside them, 1 MiB.
    private static final int FULL = 4096;

    private final Beat beat;
    private final boolean whole;
    private final Queue<Event> events = new ConcurrentLinkedQueue<>();

    /// Tokens so far, by sample; of the engine's thread.
    private final Map<Integer, Integer> counts = new HashMap<>();

    private volatile boolean over;

    /// Where they go; once it is open of the beat's thread, as are the next six.
    private @Nullable Caller caller;

    private final Map<Integer, Chunk> chunks = new TreeMap<>(); // by sample: what waits
    private final BitSet sent = new BitSet(); // answers of which the caller has something

    private int left;
    private List<Scored> ofPrompt = List.of();
    private boolean promptSent;
    private boolean waiting;

    /// @param whole whether each answer is sent when it has ended, not as it comes
    AnswerStream(Beat beat, boolean whole) {
        this.beat = beat;
        this.whole = whole;
    }

    @Override
    public void read(List<Scored> scores) {
        events.add(new Event.Prompt(scores));
    }

    @Override
    public void drawn(Drawn drawn) {
        events.add(new Event.Token(drawn));
        int tokens = counts.merge(drawn.sample(), 1, Integer::sum);
        if (drawn.finish() != null || (whole ? tokens % FULL == 0 : tokens == 1)) {
            beat.now(() -> send(whole ? Chunk::isWhole : chunk -> chunk.ended || !sent.get(chunk.sample)));
        }
    }

    @Override
    public void failed(Throwable cause) {
        events.add(new Event.Broken(cause));
        beat.now(() -> send(all -> true));
    }

    /// The caller has gone.
    void leave() {
        over = true;
    }

    /// Sends from now on, until all answers have ended or the caller has gone. To be called before anything is left
    /// here; by any thread, as whoever leaves something comes after it.
    ///
    /// @param samples answers that were asked for
    void open(Publication model, int[] prompt, int samples, MultiEmitter<? super GenerateResponse> out) {
        caller = new Caller(model, prompt, out);
        left = samples;
    }

    /// @param due of the chunks that wait
    private void send(Predicate<Chunk> due) {
        Caller to = Objects.requireNonNull(caller, "sent before it was opened");
        Throwable broken = null;
        for (Event event = events.poll(); event != null && !over; event = events.poll()) {
            switch (event) {
                case Event.Prompt(List<Scored> scores) -> ofPrompt = scores;
                case Event.Token(Drawn drawn) -> {
                    Chunk chunk = chunks.computeIfAbsent(drawn.sample(), sample -> new Chunk(to.model, sample));
                    if (chunk.hasCalls() && !drawn.text().isEmpty()) { // which comes behind them
                        send(chunk, to);
                        chunk = new Chunk(to.model, drawn.sample());
                        chunks.put(drawn.sample(), chunk);
                    }
                    chunk.add(drawn);
                }
                case Event.Broken(Throwable cause) -> broken = cause;
            }
        }
        if (over) {
            return;
        }
        for (Chunk chunk : List.copyOf(chunks.values())) {
            if (broken != null || due.test(chunk)) {
                chunks.remove(chunk.sample);
                send(chunk, to);
            }
        }
        if (broken != null) {
            over = true;
            to.out.fail(Statuses.unanswered(broken).asRuntimeException());
        } else if (left == 0) {
            over = true;
            to.out.complete();
        } else if (!waiting && !whole) {
            waiting = true;
            beat.next(() -> {
                waiting = false;
                send(all -> true);
            });
        }
    }

    private void send(Chunk chunk, Caller to) {
        if (chunk.sample == 0 && !promptSent) {
            chunk.prompt(to.prompt, ofPrompt, to.model.tokenizer());
            promptSent = true;
        }
        if (chunk.ended) {
            left--;
        }
        sent.set(chunk.sample);
        to.out.emit(chunk.message());
    }

    /// Tokens of one answer that travel together.
    private static final class Chunk {

        private final int sample;
        private final GenerateResponse.Builder message;
        private final StringBuilder text = new StringBuilder();
        private boolean ended;
        private boolean forced;

        Chunk(Publication model, int sample) {
            this.sample = sample;
            this.message = GenerateResponse.newBuilder()
                    .setSample(sample)
                    .setModel(model.name())
                    .setModelVersion(model.version());
        }

        void prompt(int[] ids, List<Scored> scores, TokenizerVersion tokenizer) {
            message.setTokenizer(tokenizer.name()).setTokenizerVersion(tokenizer.version());
            for (int id : ids) {
                message.addPromptTokens(id);
            }
            for (Scored score : scores) {
                message.addPromptLogProbs((float) score.logProb());
            }
        }

        void add(Drawn drawn) {
            message.addTokens(drawn.token())
                    .addLogProbs((float) drawn.logProb())
                    .addForced(drawn.forced());
            forced |= drawn.forced();
            drawn.asides().forEach(aside -> message.addCalls(PolicyTools.message(aside)));
            if (!drawn.top().isEmpty()) {
                var top = TopLogProbs.newBuilder();
                drawn.top().forEach(likely -> top.addTokens(likely.token()).addLogProbs((float) likely.logProb()));
                message.addTop(top);
            }
            text.append(drawn.text());
            Drawn.Finish finish = drawn.finish();
            if (finish != null) {
                ended = true;
                message.setFinish(
                        switch (finish) {
                            case STOP -> Finish.FINISH_STOP;
                            case LENGTH -> Finish.FINISH_LENGTH;
                            case CALL -> Finish.FINISH_CALL;
                        });
            }
        }

        boolean isWhole() {
            return ended || message.getTokensCount() >= FULL;
        }

        boolean hasCalls() {
            return message.getCallsCount() > 0;
        }

        GenerateResponse message() {
            if (!forced) {
                message.clearForced();
            }
            return message.setText(text.toString()).build();
        }
    }
}
