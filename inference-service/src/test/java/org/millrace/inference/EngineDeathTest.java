package org.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Whoever waits for an engine that dies hears of it, wherever the request stands; nobody hears it twice.
class EngineDeathTest {

    private static final int SLOTS = 4;
    private static final Sampling GREEDY = new Sampling(0, 0, 1, 1);

    private final CompletableFuture<Throwable> death = new CompletableFuture<>();
    private int prompts;

    @ParameterizedTest
    @EnumSource(Call.class)
    void everyRequestHearsOfItOnce(Call deadly) throws Exception {
        Engine engine = engine(new DeadlyDecoder(deadly));
        // Left before the start, so that the first three are admitted together.
        var severalSamples = new Ear();
        var another = new Ear();
        var partlyInTheQueue = new Ear();
        var waiting = new Ear();
        var scoring = new Scoring(new int[] {1}, List.of(new int[] {2, 3}), 1);
        engine.submit(generation(2, severalSamples));
        engine.submit(generation(1, another));
        engine.submit(generation(2, partlyInTheQueue));
        engine.submit(generation(1, waiting));
        engine.submit(scoring);

        engine.start();

        assertThat(death).succeedsWithin(Duration.ofSeconds(10));
        assertThat(List.of(severalSamples, another, partlyInTheQueue, waiting))
                .extracting(ear -> ear.failures)
                .allSatisfy(failures -> assertThat(failures).singleElement().isSameAs(death.join()));
        assertThatThrownBy(scoring.result()::join).hasCause(death.join());
        assertThat(engine.waiting()).isZero();
        assertThat(engine.running()).isZero();
    }

    @Test
    void whoHasAllAnswersHearsNothing() throws Exception {
        Engine engine = engine(new DeadlyDecoder(Call.COPY));
        var answered = new Ear();
        var halfAnswered = new Ear();
        engine.submit(generation(1, 1, answered));
        engine.submit(generation(2, 1, halfAnswered)); // its second sample dies while the row is copied

        engine.start();

        assertThat(death).succeedsWithin(Duration.ofSeconds(10));
        assertThat(answered.ends).isEqualTo(1);
        assertThat(answered.failures).isEmpty();
        assertThat(halfAnswered.ends).isEqualTo(1);
        assertThat(halfAnswered.failures).hasSize(1);
    }

    @Test
    void aListenerThatThrowsKeepsTheNewsFromNobody() throws Exception {
        Engine engine = engine(new DeadlyDecoder(Call.READ));
        var polite = new Ear();
        engine.submit(generation(1, new Generation.Listener() {
            @Override
            public void drawn(Drawn drawn) {
                throw new IllegalStateException("nothing was drawn");
            }

            @Override
            public void failed(Throwable cause) {
                throw new IllegalStateException("rude");
            }
        }));
        engine.submit(generation(1, polite));

        engine.start();

        assertThat(death).succeedsWithin(Duration.ofSeconds(10));
        assertThat(polite.failures).hasSize(1);
        assertThat(death.join().getSuppressed())
                .extracting(Throwable::getMessage)
                .containsExactly("rude");
    }

    @Test
    void aDeadEngineTakesNothingAndSaysThatItIsBroken() throws Exception {
        Engine engine = engine(new DeadlyDecoder(Call.READ));
        engine.submit(generation(1, new Ear()));
        assertThat(engine.isBroken()).isFalse();

        engine.start();

        assertThat(death).succeedsWithin(Duration.ofSeconds(10));
        assertThat(engine.isBroken()).isTrue();
        assertThat(engine.submit(generation(1, new Ear()))).isFalse();
    }

    private Engine engine(Decoder decoder) {
        return new Engine(
                "mortal",
                decoder,
                TinyModel.config(),
                TinyModel.tokenizer(),
                TinyModel.config().eosId(),
                new Engine.Limits(SLOTS, 64),
                new Tally(),
                (thread, cause) -> death.complete(cause));
    }

    private Generation generation(int samples, Generation.Listener listener) {
        return generation(samples, 9, listener);
    }

    private Generation generation(int samples, int maxTokens, Generation.Listener listener) {
        int[] prompt = {prompts++, 1, 2}; // no two alike: each is read
        return new Generation(prompt, GREEDY, samples, maxTokens, true, List.of(), listener);
    }

    private enum Call {
        READ,
        COPY,
        STEP,
        EXTEND
    }

    private static final class Ear implements Generation.Listener {

        private final List<Throwable> failures = new ArrayList<>();
        private int ends;

        @Override
        public void drawn(Drawn drawn) {
            if (drawn.finish() != null) {
                ends++;
            }
        }

        @Override
        public void failed(Throwable cause) {
            failures.add(cause);
        }
    }

    /// Likes all tokens equally well, until the deadly call comes.
    private record DeadlyDecoder(Call deadly) implements Decoder {

        private FloatBuffer call(Call call, int rows) {
            if (call == deadly) {
                throw new LinkageError("native " + call);
            }
            return FloatBuffer.allocate(rows * TinyModel.config().vocabulary());
        }

        @Override
        public FloatBuffer read(int first, int[][] prompts) {
            return call(Call.READ, prompts.length);
        }

        @Override
        public FloatBuffer step(int rows, int[] tokens, int[] before) {
            return call(Call.STEP, rows);
        }

        @Override
        public FloatBuffer extend(int row, int before, int[] tokens, int wanted) {
            return call(Call.EXTEND, wanted);
        }

        @Override
        public void copy(int from, int to, int length) {
            call(Call.COPY, 0);
        }

        @Override
        public void swap(int a, int lengthOfA, int b, int lengthOfB) {
            call(Call.COPY, 0);
        }

        @Override
        public void close() {
            // Nothing is held.
        }
    }
}
