package org.millrace.inference.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.mutiny.Multi;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.millrace.inference.Drawn;
import org.millrace.inference.Drawn.Finish;
import org.millrace.inference.Publication;
import org.millrace.inference.TinyModel;
import org.millrace.proto.policy.v1.GenerateResponse;

class AnswerStreamTest {

    private static final Publication MODEL =
            new Publication("tiny", 3, "test", TinyModel.TOKENIZER_VERSION, new TreeMap<>());

    private final HandBeat beat = new HandBeat();
    private AnswerStream stream = new AnswerStream(beat, false);
    private final List<GenerateResponse> sent = new ArrayList<>();
    private @Nullable Throwable failure;
    private boolean complete;

    @Test
    void theFirstTokenAndTheLastGoAtOnceAndThoseBetweenTogether() {
        open(1);

        draw(0, 10, null);
        beat.run();
        assertThat(tokens()).containsExactly(List.of(10));

        draw(0, 11, null);
        draw(0, 12, null);
        beat.run();
        assertThat(sent).hasSize(1);
        beat.strike();
        assertThat(tokens()).containsExactly(List.of(10), List.of(11, 12));

        beat.strike(); // nothing new, nothing sent
        draw(0, 13, null);
        beat.strike();
        draw(0, 14, null);
        draw(0, 15, Finish.LENGTH);
        beat.run();
        assertThat(tokens()).containsExactly(List.of(10), List.of(11, 12), List.of(13), List.of(14, 15));
        assertThat(complete).isTrue();

        beat.strike();
        assertThat(beat.isQuiet()).isTrue();
    }

    @Test
    void answersOfOneRequestKeepApart() {
        open(2);

        draw(0, 10, null);
        beat.run();
        draw(0, 11, null);
        draw(1, 20, null); // the first of this answer
        beat.run();
        draw(1, 21, Finish.STOP);
        beat.run();
        assertThat(tokens()).containsExactly(List.of(10), List.of(20), List.of(21));
        beat.strike();

        assertThat(tokens()).containsExactly(List.of(10), List.of(20), List.of(21), List.of(11));
        assertThat(sent).extracting(GenerateResponse::getSample).containsExactly(0, 1, 1, 0);
        assertThat(sent.getFirst().getPromptTokensList()).containsExactly(1, 2);
        assertThat(sent).filteredOn(chunk -> chunk.getPromptTokensCount() > 0).hasSize(1);
        assertThat(complete).isFalse();
    }

    @Test
    void aWholeAnswerIsOneMessage() {
        stream = new AnswerStream(beat, true);
        open(2);

        draw(0, 10, null);
        draw(1, 20, null);
        draw(0, 11, null);
        beat.run();
        beat.strike();
        assertThat(sent).isEmpty();
        assertThat(beat.isQuiet()).as("nobody is woken").isTrue();

        draw(1, 21, Finish.STOP);
        beat.run();
        assertThat(tokens()).containsExactly(List.of(20, 21));
        draw(0, 12, Finish.LENGTH);
        beat.run();
        assertThat(tokens()).containsExactly(List.of(20, 21), List.of(10, 11, 12));
        assertThat(sent.getLast().getPromptTokensList()).containsExactly(1, 2);
        assertThat(complete).isTrue();
    }

    @Test
    void howLongTheOthersAreDividesNoWholeAnswer() {
        stream = new AnswerStream(beat, true);
        open(2);

        for (int token = 0; token < 4095; token++) {
            draw(0, token, null);
            draw(1, token, null);
        }
        beat.run();
        assertThat(sent).isEmpty();

        draw(1, 0, Finish.STOP);
        draw(0, 0, Finish.STOP);
        beat.run();
        assertThat(sent).extracting(GenerateResponse::getTokensCount).containsExactly(4096, 4096);
    }

    @Test
    void aLongWholeAnswerComesInParts() {
        stream = new AnswerStream(beat, true);
        open(1);

        for (int token = 0; token < 10_000; token++) {
            draw(0, token, token == 9_999 ? Finish.LENGTH : null);
            beat.run();
        }

        assertThat(sent).extracting(GenerateResponse::getTokensCount).containsExactly(4096, 4096, 1808);
        assertThat(sent.stream().flatMap(chunk -> chunk.getTokensList().stream()))
                .containsExactlyElementsOf(IntStream.range(0, 10_000).boxed().toList());
        assertThat(complete).isTrue();
    }

    @Test
    void whatWasDrawnBeforeTheEngineBrokeIsSent() {
        open(1);
        draw(0, 10, null);
        beat.run();
        draw(0, 11, null);

        stream.failed(new IllegalStateException("out of order"));
        beat.run();

        assertThat(tokens()).containsExactly(List.of(10), List.of(11));
        assertThat(failure).hasMessage("INTERNAL: the engine broke: out of order");
        beat.strike();
        assertThat(beat.isQuiet()).isTrue();
    }

    @Test
    void nothingIsSentToACallerWhoHasGone() {
        open(1);
        draw(0, 10, null);
        beat.run();

        stream.leave();
        draw(0, 11, null);
        beat.strike();

        assertThat(sent).hasSize(1);
        assertThat(beat.isQuiet()).isTrue();
    }

    private void open(int samples) {
        Multi.createFrom()
                .<GenerateResponse>emitter(out -> stream.open(MODEL, new int[] {1, 2}, samples, out))
                .subscribe()
                .with(sent::add, cause -> failure = cause, () -> complete = true);
    }

    private void draw(int sample, int token, @Nullable Finish finish) {
        stream.drawn(new Drawn(sample, token, -1, "", finish));
    }

    private List<List<Integer>> tokens() {
        return sent.stream().map(GenerateResponse::getTokensList).toList();
    }

    /// A thread and a clock in the test's hands.
    private static final class HandBeat implements Beat {

        private final Queue<Runnable> asked = new ArrayDeque<>();
        private List<Runnable> next = new ArrayList<>();

        @Override
        public void now(Runnable action) {
            asked.add(action);
        }

        @Override
        public void next(Runnable action) {
            next.add(action);
        }

        void run() {
            for (Runnable action = asked.poll(); action != null; action = asked.poll()) {
                action.run();
            }
        }

        void strike() {
            List<Runnable> due = next;
            next = new ArrayList<>();
            due.forEach(Runnable::run);
        }

        boolean isQuiet() {
            return next.isEmpty() && asked.isEmpty();
        }
    }
}
