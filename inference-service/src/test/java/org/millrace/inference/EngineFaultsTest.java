package org.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/// What callers do to an engine that nobody hopes for, often.
class EngineFaultsTest {

    private static final int VOCABULARY = TinyModel.config().vocabulary();
    private static final int SLOTS = 6;
    private static final int BAD = 9; // a row that begins with it has logits that are no numbers
    private static final Sampling SAMPLING = new Sampling(1, 0, 1, 7);

    /// Leaves after so many tokens, of all its samples together.
    private static final class Leaver implements Generation.Listener {

        private final int patience;
        private Generation generation;
        private int tokens;

        Leaver(int[] prompt, int samples, int patience) {
            this.patience = patience;
            this.generation = new Generation(prompt, SAMPLING, samples, 30, true, List.of(), this);
        }

        @Override
        public void drawn(Drawn drawn) {
            tokens++;
            if (tokens == patience) {
                generation.cancel();
            }
        }

        @Override
        public void failed(Throwable cause) {
            throw new IllegalStateException(cause);
        }
    }

    @Test
    void aThousandCallersWhoLeaveHoldNoRowAndChangeNobodysAnswer() throws Exception {
        var random = new SplittableRandom(3);
        Engine engine = engine();
        engine.start();
        List<int[]> prompts = new ArrayList<>();
        List<Answers> stayed = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            int[] prompt = random.ints(random.nextInt(1, 34), 5, 8).toArray(); // many begin alike
            var leaver = new Leaver(prompt, random.nextInt(1, 4), random.nextInt(1, 40));
            engine.submit(leaver.generation);
            if (random.nextInt(10) == 0) {
                leaver.generation.cancel(); // wherever it stands
            }
            if (i % 100 == 0) {
                prompts.add(prompt);
                stayed.add(ask(engine, prompt));
            }
        }
        for (Answers answers : stayed) {
            answers.await();
        }
        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(engine.running() + engine.waiting())
                .isZero());

        for (int i = 0; i < prompts.size(); i++) {
            Engine alone = engine();
            alone.start();
            assertThat(stayed.get(i).tokens(0))
                    .isEqualTo(ask(alone, prompts.get(i)).tokens(0));
            alone.stop(Duration.ofSeconds(10));
        }
        assertThat(engine.stop(Duration.ofSeconds(10))).isTrue();
    }

    /// On a decoder whose logits are the same to the last bit in any batch.
    @Test
    void aThousandSeedsDrawWhatTheyDrawAlone() throws Exception {
        var random = new SplittableRandom(6);
        Engine alone = engine();
        Engine crowded = engine();
        alone.start();
        crowded.start();
        List<int[]> expected = new ArrayList<>();
        List<Answers> drawn = new ArrayList<>();
        for (int seed = 0; seed < 1_000; seed++) {
            int[] prompt = random.ints(random.nextInt(1, 34), 5, 8).toArray();
            int length = random.nextInt(1, 12);
            var answers = new Answers(1);
            drawn.add(new Answers(1));
            alone.submit(seeded(prompt, seed, length, answers));
            expected.add(answers.tokens(0));
            crowded.submit(seeded(prompt, seed, length, drawn.getLast())); // beside whoever is there
        }

        int same = 0;
        for (int seed = 0; seed < 1_000; seed++) {
            same += Arrays.equals(drawn.get(seed).tokens(0), expected.get(seed)) ? 1 : 0;
        }
        assertThat(same).isEqualTo(1_000);
        assertThat(expected.stream().map(Arrays::toString).distinct().count()).isGreaterThan(500);
        assertThat(alone.stop(Duration.ofSeconds(10))).isTrue();
        assertThat(crowded.stop(Duration.ofSeconds(10))).isTrue();
    }

    /// A prompt, long or short, scored or not, on which the model gives NaN.
    @Test
    void whomTheModelGivesNoNumbersFailsAloneAndOnce() throws Exception {
        Engine engine = engine(new RememberingDecoder(VOCABULARY, SLOTS + 1, (held, logits, first) -> {
            if (held.getFirst() == BAD) {
                logits.put(first + 3, Float.NaN);
            }
        }));
        engine.start();
        Answers before = ask(engine, new int[] {5, 6});
        List<Answers> failing = new ArrayList<>();
        List<Integer> heard = new CopyOnWriteArrayList<>();
        for (int length : new int[] {1, 2, 40}) {
            int[] prompt = new int[length];
            prompt[0] = BAD;
            for (boolean scored : new boolean[] {false, true}) {
                var answers = new Answers(3) {
                    @Override
                    public void failed(Throwable cause) {
                        heard.add(heard.size());
                        super.failed(cause);
                    }
                };
                failing.add(answers);
                engine.submit(new Generation(
                        prompt,
                        new Sampling(1, 5, 1, 7),
                        3,
                        new Generation.Ending(9, true, List.of(), Set.of()),
                        new Generation.Extras(2, scored),
                        Generation.Priority.USER,
                        answers));
            }
        }
        var scoring = new Scoring(new int[] {BAD, 5}, List.of(new int[] {6}, new int[] {7}), 1);
        engine.submit(scoring);

        for (Answers answers : failing) {
            assertThatThrownBy(answers::await)
                    .hasRootCauseInstanceOf(NotFinite.class)
                    .hasRootCauseMessage("the model's logits are not finite");
        }
        assertThatThrownBy(scoring.result()::join).hasCauseInstanceOf(NotFinite.class);
        Engine alone = engine();
        alone.start();
        assertThat(before.tokens(0)).isEqualTo(ask(alone, new int[] {5, 6}).tokens(0));
        assertThat(ask(engine, new int[] {6, 5}).tokens(0))
                .isEqualTo(ask(alone, new int[] {6, 5}).tokens(0));
        assertThat(engine.stop(Duration.ofSeconds(10))).isTrue();
        assertThat(alone.stop(Duration.ofSeconds(10))).isTrue();
        assertThat(engine.isBroken()).isFalse();
        assertThat(heard).hasSameSizeAs(failing);
    }

    private static Generation seeded(int[] prompt, long seed, int length, Answers answers) {
        return new Generation(prompt, new Sampling(1, 0, 1, seed), 1, length, true, List.of(), answers);
    }

    private static Answers ask(Engine engine, int[] prompt) throws Overloaded {
        var answers = new Answers(1);
        engine.submit(new Generation(prompt, SAMPLING, 1, 20, true, List.of(), answers));
        return answers;
    }

    private static Engine engine() {
        return engine(new RememberingDecoder(VOCABULARY, SLOTS + 1));
    }

    private static Engine engine(Decoder decoder) {
        return new Engine(
                "faults",
                decoder,
                TinyModel.config(),
                TinyModel.tokenizer(),
                TinyModel.config().eosId(),
                new Engine.Limits(SLOTS, 5_000, 16, Duration.ofMillis(1), 0.1),
                new Tally(),
                (thread, cause) -> {});
    }
}
