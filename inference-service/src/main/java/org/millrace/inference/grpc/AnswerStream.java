package org.millrace.inference.grpc;

import io.smallrye.mutiny.subscription.MultiEmitter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.millrace.inference.Drawn;
import org.millrace.inference.Generation;
import org.millrace.inference.Scored;
import org.millrace.inference.Served;
import org.millrace.proto.policy.v1.GenerateResponse;
import org.millrace.proto.policy.v1.GenerateResponse.Finish;
import org.millrace.proto.policy.v1.TopLogProbs;

/// The answers of one request on their way to the caller. The engine's thread only leaves tokens here; a
/// virtual thread makes messages of them, so that no caller slows the engine. Tokens that came in the
/// meantime share a message.
///
/// What waits here is bounded by the tokens that the request may get.
final class AnswerStream implements Generation.Listener {

    private sealed interface Event {
        record Prompt(List<Scored> scores) implements Event {}

        record Token(Drawn drawn) implements Event {}

        record Broken(Throwable cause) implements Event {}

        record Left() implements Event {}
    }

    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private List<Scored> ofPrompt = List.of();
    private boolean promptSent;

    @Override
    public void read(List<Scored> scores) {
        events.add(new Event.Prompt(scores));
    }

    @Override
    public void drawn(Drawn drawn) {
        events.add(new Event.Token(drawn));
    }

    @Override
    public void failed(Throwable cause) {
        events.add(new Event.Broken(cause));
    }

    /// The caller has gone.
    void leave() {
        events.add(new Event.Left());
    }

    /// Sends until all answers have ended or the caller has gone.
    ///
    /// @param samples answers that were asked for
    void pump(Served served, int[] prompt, int samples, MultiEmitter<? super GenerateResponse> out)
            throws InterruptedException {
        int left = samples;
        while (left > 0) {
            List<Event> batch = new ArrayList<>();
            batch.add(events.take());
            events.drainTo(batch);
            Map<Integer, Chunk> chunks = new TreeMap<>();
            for (Event event : batch) {
                switch (event) {
                    case Event.Prompt(List<Scored> scores) -> ofPrompt = scores;
                    case Event.Token(Drawn drawn) -> {
                        Chunk chunk = chunks.computeIfAbsent(drawn.sample(), sample -> new Chunk(served, sample));
                        if (chunk.hasCalls() && !drawn.text().isEmpty()) { // which comes behind them
                            send(chunk, prompt, out);
                            chunk = new Chunk(served, drawn.sample());
                            chunks.put(drawn.sample(), chunk);
                        }
                        chunk.add(drawn);
                    }
                    case Event.Broken(Throwable cause) -> {
                        out.fail(PolicyEndpoint.unanswered(cause).asRuntimeException());
                        return;
                    }
                    case Event.Left() -> {
                        return;
                    }
                }
            }
            for (Chunk chunk : chunks.values()) {
                if (chunk.ended) {
                    left--;
                }
                send(chunk, prompt, out);
            }
        }
        out.complete();
    }

    private void send(Chunk chunk, int[] prompt, MultiEmitter<? super GenerateResponse> out) {
        if (chunk.sample == 0 && !promptSent) {
            chunk.prompt(prompt, ofPrompt);
            promptSent = true;
        }
        out.emit(chunk.message());
    }

    /// Tokens of one answer that travel together.
    private static final class Chunk {

        private final int sample;
        private final GenerateResponse.Builder message;
        private final StringBuilder text = new StringBuilder();
        private boolean ended;
        private boolean forced;

        Chunk(Served served, int sample) {
            this.sample = sample;
            this.message = GenerateResponse.newBuilder()
                    .setSample(sample)
                    .setModel(served.name())
                    .setModelVersion(served.version());
        }

        void prompt(int[] ids, List<Scored> scores) {
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
