package org.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.inference.Drawn.Finish;
import org.millrace.inference.onnx.OnnxDecoder;
import org.millrace.onnx.Precision;

/// The engine on a true decoder. [EngineQueueTest] has those tests that must stop it in the middle.
class EngineTest {

    private static final int SLOTS = 16;
    /// Most prompts here are longer, and so read in pieces.
    private static final int CHUNK = 8;

    private static final Sampling GREEDY = new Sampling(0, 0, 1, 1);

    /// Log-probabilities of one and of sixteen rows differ by the order of fp32 sums.
    private static final double TOLERANCE = 1e-5;

    private static final ModelConfig CONFIG = TinyModel.config();

    private final Tally tally = new Tally();
    private final Path directory;
    private final Engine engine;

    EngineTest(@TempDir Path parent) throws IOException {
        directory = TinyModel.write(parent, 1);
        engine = new Engine(
                "test",
                decoder(),
                CONFIG,
                TinyModel.tokenizer(),
                TinyModel.config().eosId(),
                new Engine.Limits(SLOTS, 256, CHUNK, Duration.ofDays(1), 0.1),
                tally,
                (thread, cause) -> {});
    }

    @BeforeEach
    void start() {
        engine.start();
    }

    @AfterEach
    void stop() throws InterruptedException {
        engine.stop(Duration.ofSeconds(10));
    }

    @Test
    void greedyEqualsTheForwardPassWithoutCache() throws Exception {
        int[] prompt = prompt("the mill turns");

        Answers answers = submit(prompt, GREEDY, 1, 20);

        List<Drawn> expected = new ArrayList<>();
        try (Decoder reference = decoder()) {
            int[] row = prompt;
            for (int i = 0; i < 20; i++) {
                FloatBuffer logits = reference.extend(0, 0, row, 1);
                int best = 0;
                double sum = 0;
                for (int v = 0; v < CONFIG.vocabulary(); v++) {
                    best = logits.get(v) > logits.get(best) ? v : best;
                    sum += Math.exp(logits.get(v));
                }
                expected.add(new Drawn(0, best, logits.get(best) - Math.log(sum), "", null));
                row = Arrays.copyOf(row, row.length + 1);
                row[row.length - 1] = best;
            }
        }
        assertThat(answers.tokens(0))
                .isEqualTo(expected.stream().mapToInt(Drawn::token).toArray());
        for (int i = 0; i < 20; i++) {
            assertThat(answers.of(0).get(i).logProb()).isCloseTo(expected.get(i).logProb(), within(TOLERANCE));
        }
    }

    @Test
    void sameSeedSameTokensAloneAndAmongSixteen() throws Exception {
        int[] prompt = prompt("the water");
        var sampling = new Sampling(0.9, 50, 0.95, 42);
        int[] alone = submit(prompt, sampling, 1, 40).tokens(0);

        List<Answers> crowd = new ArrayList<>();
        for (int i = 0; i < SLOTS; i++) {
            boolean same = i == 11;
            crowd.add(submit(
                    same ? prompt : prompt("the miller sings ".repeat(1 + i % 3)),
                    same ? sampling : new Sampling(1, 0, 1, i + 1),
                    1,
                    same ? 40 : 10 + i));
        }

        assertThat(crowd.get(11).tokens(0)).isEqualTo(alone);
        assertThat(crowd.get(3).tokens(0)).isNotEqualTo(alone);
    }

    @Test
    void samplesDifferAndEachIsThatOfItsSeed() throws Exception {
        var sampling = new Sampling(1, 0, 1, 7);

        Answers three = submit(prompt("rain"), sampling, 3, 12);
        Answers two = submit(prompt("rain"), sampling, 2, 12);

        assertThat(three.tokens(0)).isEqualTo(two.tokens(0)).isNotEqualTo(three.tokens(1));
        assertThat(three.tokens(1)).isEqualTo(two.tokens(1)).isNotEqualTo(three.tokens(2));
    }

    @Test
    void aPromptIsReadOnceForAllItsSamplesAndAllBeginAtOnce() throws Exception {
        int[] prompt = prompt("the mill turns");

        Answers answers = submit(prompt, new Sampling(1, 0, 1, 3), SLOTS, 8);

        answers.await();
        assertThat(prompt.length).isBetween(2, CHUNK);
        assertThat(answers.known()).isEqualTo(prompt.length);
        assertThat(tally.promptTokens().sum()).isEqualTo(prompt.length);
        assertThat(tally.steps().sum()).isEqualTo(7);
    }

    /// D8: what was read before, by whom and for how many, changes no token.
    @Test
    void aSecondTurnReadsOnlyWhatIsNew() throws Exception {
        int[] first = prompt("the mill turns and the water runs and the miller sings");
        int[] said = submit(first, GREEDY, 1, 9).tokens(0);
        int[] second = Stream.of(first, said, prompt("rain and water"))
                .flatMapToInt(IntStream::of)
                .toArray();
        long before = tally.promptTokens().sum();

        Answers warm = submit(second, GREEDY, 1, 12);

        assertThat(warm.tokens(0)).isEqualTo(cold(second, 12));
        assertThat(warm.known()).isEqualTo(first.length + said.length - 1);
        assertThat(tally.promptTokens().sum() - before).isEqualTo(second.length - warm.known());
    }

    @Test
    void aBeginningThatManyShareIsReadOnce() throws Exception {
        int[] system = prompt("the mill turns and the water runs while the miller sings, ");
        List<int[]> prompts = new ArrayList<>();
        List<Answers> crowd = new ArrayList<>();
        for (int i = 0; i < 2 * SLOTS; i++) {
            prompts.add(IntStream.concat(IntStream.of(system), IntStream.of(prompt("rain ".repeat(i % 5) + "☂")))
                    .toArray());
            crowd.add(submit(prompts.getLast(), GREEDY, 2, 4 + i % 3));
        }

        for (int i = 0; i < prompts.size(); i++) {
            assertThat(crowd.get(i).tokens(1)).isEqualTo(cold(prompts.get(i), 4 + i % 3));
        }
        assertThat(tally.promptTokens().sum())
                .isLessThan(2 * system.length
                        + prompts.stream()
                                .mapToInt(p -> p.length - system.length)
                                .sum());
    }

    /// Greedy, of an engine that has read nothing before.
    private int[] cold(int[] prompt, int maxTokens) throws Exception {
        try (Decoder reference = decoder()) {
            int[] row = prompt;
            for (int i = 0; i < maxTokens; i++) {
                FloatBuffer logits = reference.extend(0, 0, row, 1);
                int best = 0;
                for (int v = 0; v < CONFIG.vocabulary(); v++) {
                    best = logits.get(v) > logits.get(best) ? v : best;
                }
                row = Arrays.copyOf(row, row.length + 1);
                row[row.length - 1] = best;
            }
            return Arrays.copyOfRange(row, prompt.length, row.length);
        }
    }

    @Test
    void moreAnswersThanSlotsAllEnd() throws Exception {
        List<Answers> all = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            all.add(submit(prompt("sings ".repeat(i % 5 + 1)), new Sampling(1, 0, 1, i + 1), 4, 5 + i));
        }

        for (int i = 0; i < all.size(); i++) {
            for (int sample = 0; sample < 4; sample++) {
                assertThat(all.get(i).tokens(sample)).hasSize(5 + i);
                assertThat(all.get(i).last(sample).finish()).isEqualTo(Finish.LENGTH);
            }
        }
        await().untilAsserted(() -> assertThat(engine.running()).isZero());
    }

    @Test
    void theEndOfTheContextEndsAnAnswer() throws Exception {
        int[] prompt = prompt("the mill");

        Answers answers = submit(prompt, GREEDY, 1, 1_000);

        assertThat(answers.tokens(0)).hasSize(TinyModel.CONTEXT - prompt.length);
        assertThat(answers.last(0).finish()).isEqualTo(Finish.LENGTH);
    }

    @Test
    void theEndOfTurnOfTheChatTemplateEndsAnAnswerToo() throws Exception {
        int[] prompt = prompt("the mill");
        int likeliest = submit(prompt, GREEDY, 1, 1).tokens(0)[0];
        var other = new Engine(
                "turn",
                decoder(),
                CONFIG,
                TinyModel.tokenizer(),
                likeliest,
                new Engine.Limits(1, 64),
                tally,
                (thread, cause) -> {});
        other.start();
        var answers = new Answers(1);

        other.submit(new Generation(prompt, GREEDY, 1, 5, false, List.of(), answers));

        assertThat(answers.tokens(0)).containsExactly(likeliest);
        assertThat(answers.last(0).finish()).isEqualTo(Finish.STOP);
        other.stop(Duration.ofSeconds(10));
    }

    @Test
    void theEndOfTurnEndsAnAnswerUnlessIgnored() throws Exception {
        int[] prompt = prompt("the mill");
        int likeliest = submit(prompt, GREEDY, 1, 1).tokens(0)[0];
        var ends = new ModelConfig(
                2,
                64,
                4,
                2,
                16,
                96,
                CONFIG.vocabulary(),
                64,
                10_000,
                1e-5,
                true,
                true,
                false,
                0,
                1,
                CONFIG.bosId(),
                likeliest);
        var other = new Engine(
                "ends",
                decoder(),
                ends,
                TinyModel.tokenizer(),
                TinyModel.config().eosId(),
                new Engine.Limits(1, 64),
                tally,
                (thread, cause) -> {});
        other.start();
        var stopping = new Answers(1);
        var ignoring = new Answers(1);

        other.submit(new Generation(prompt, GREEDY, 1, 5, false, List.of(), stopping));
        other.submit(new Generation(prompt, GREEDY, 1, 5, true, List.of(), ignoring));

        assertThat(stopping.tokens(0)).containsExactly(likeliest);
        assertThat(stopping.last(0).finish()).isEqualTo(Finish.STOP);
        assertThat(ignoring.tokens(0)).hasSize(5).startsWith(likeliest);
        other.stop(Duration.ofSeconds(10));
    }

    @Test
    void aStopTextEndsAnAnswerAndIsNotPartOfIt() throws Exception {
        var sampling = new Sampling(1, 0, 1, 5);
        String whole = submit(prompt("rain"), sampling, 1, 30).text(0);
        String stop = whole.substring(8, 11);

        var answers = new Answers(1);
        engine.submit(new Generation(prompt("rain"), sampling, 1, 30, true, List.of("absent", stop), answers));

        assertThat(answers.text(0)).isEqualTo(whole.substring(0, whole.indexOf(stop)));
        assertThat(answers.last(0).finish()).isEqualTo(Finish.STOP);
    }

    @Test
    void aStopIdEndsAnAnswerThoughTheEndIsIgnored() throws Exception {
        var sampling = new Sampling(1, 0, 1, 5);
        Answers whole = submit(prompt("rain"), sampling, 1, 30);
        int stop = whole.tokens(0)[6];
        var answers = new Answers(1);

        engine.submit(new Generation(
                prompt("rain"),
                sampling,
                1,
                new Generation.Ending(30, true, List.of(), Set.of(stop)),
                Generation.Extras.NONE,
                Generation.Priority.USER,
                answers));

        int[] tokens = answers.tokens(0);
        assertThat(tokens).endsWith(stop).isEqualTo(Arrays.copyOf(whole.tokens(0), tokens.length));
        assertThat(answers.text(0)).isEqualTo(TinyModel.tokenizer().decode(Arrays.copyOf(tokens, tokens.length - 1)));
        assertThat(answers.last(0).finish()).isEqualTo(Finish.STOP);
    }

    @Test
    void aPromptIsScoredAsAContinuationOfItsFirstToken() throws Exception {
        int[] prompt = prompt("the mill turns and the water runs");
        var answers = new Answers(1);
        var ending = new Generation.Ending(1, true, List.of(), Set.of());
        engine.submit(new Generation(
                prompt,
                new Sampling(0.7, 0, 1, 1),
                1,
                ending,
                new Generation.Extras(0, true),
                Generation.Priority.USER,
                answers));
        var scoring = new Scoring(new int[] {prompt[0]}, List.of(Arrays.copyOfRange(prompt, 1, prompt.length)), 0.7);
        engine.submit(scoring);

        answers.await();

        assertThat(answers.ofPrompt())
                .containsExactly(scoring.result().get(30, TimeUnit.SECONDS).getFirst(), within(TOLERANCE));
    }

    @Test
    void aBiasForAnIdThatTheModelDoesNotHaveIsRefused() {
        var sampling = new Sampling(1, 0, 1, 0, Sampling.Penalties.NONE, Map.of(CONFIG.vocabulary(), 1f), 1);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> submit(prompt("x"), sampling, 1, 1))
                .withMessage("logit_bias: expected ids 0 to %d, got %d"
                        .formatted(CONFIG.vocabulary() - 1, CONFIG.vocabulary()));
    }

    @Test
    void scoresAreTheLogProbabilitiesWithWhichTokensWereDrawn() throws Exception {
        int[] prompt = prompt("the water runs");
        Answers drawn = submit(prompt, new Sampling(0.7, 0, 1, 9), 3, 25);
        var scoring = new Scoring(prompt, List.of(drawn.tokens(0), drawn.tokens(1), drawn.tokens(2)), 0.7);

        engine.submit(scoring);

        List<double[]> scores = scoring.result().get(30, TimeUnit.SECONDS);
        assertThat(scores).hasSize(3);
        for (int sample = 0; sample < 3; sample++) {
            double[] expected =
                    drawn.of(sample).stream().mapToDouble(Drawn::logProb).toArray();
            assertThat(scores.get(sample)).containsExactly(expected, within(TOLERANCE));
        }
    }

    @Test
    void scoresOfASingleTokenBehindASingleToken() throws Exception {
        var scoring = new Scoring(new int[] {CONFIG.bosId()}, List.of(new int[] {3}, new int[] {4, 5}), 1);

        engine.submit(scoring);

        List<double[]> scores = scoring.result().get(30, TimeUnit.SECONDS);
        try (Decoder reference = decoder()) {
            FloatBuffer logits = reference.extend(0, 0, new int[] {CONFIG.bosId()}, 1);
            double sum = 0;
            for (int v = 0; v < CONFIG.vocabulary(); v++) {
                sum += Math.exp(logits.get(v));
            }
            assertThat(scores.get(0)).containsExactly(new double[] {logits.get(3) - Math.log(sum)}, within(TOLERANCE));
            assertThat(scores.get(1)[0]).isCloseTo(logits.get(4) - Math.log(sum), within(TOLERANCE));
        }
    }

    @Test
    void aDrainedEngineFinishesWhatItHasAndTakesNoMore() throws Exception {
        Answers before = submit(prompt("the mill"), GREEDY, 4, 50);

        engine.drain();

        var after = new Generation(prompt("x"), GREEDY, 1, 1, false, List.of(), new Answers(1));
        assertThat(engine.submit(after)).isFalse();
        assertThat(before.tokens(3)).hasSize(50);
        await().untilAsserted(() -> assertThat(engine.isAlive()).isFalse());
    }

    @Test
    void aBrokenDecoderFailsAllRequestsAndIsReported() {
        var broken = new GatedDecoder(CONFIG.vocabulary());
        var report = new CompletableFuture<Throwable>();
        var other = new Engine(
                "broken",
                broken,
                CONFIG,
                TinyModel.tokenizer(),
                TinyModel.config().eosId(),
                new Engine.Limits(1, 64),
                tally,
                (thread, cause) -> report.complete(cause));
        other.start();
        var active = new Answers(1);
        var waiting = new Answers(1);

        assertThat(List.of(active, waiting)).allSatisfy(answers -> assertThat(
                        other.submit(new Generation(prompt("x"), GREEDY, 1, 9, true, List.of(), answers)))
                .isTrue());
        broken.breakDown();

        assertThat(report)
                .succeedsWithin(Duration.ofSeconds(10))
                .asInstanceOf(InstanceOfAssertFactories.THROWABLE)
                .hasMessage("out of order");
        assertThatThrownBy(active::await).hasRootCauseMessage("out of order");
        assertThatThrownBy(waiting::await).hasRootCauseMessage("out of order");
        await().untilAsserted(() -> assertThat(broken.isClosed()).isTrue());
    }

    private Answers submit(int[] prompt, Sampling sampling, int samples, int maxTokens) throws Overloaded {
        var answers = new Answers(samples);
        assertThat(engine.submit(new Generation(prompt, sampling, samples, maxTokens, true, List.of(), answers)))
                .isTrue();
        return answers;
    }

    private Decoder decoder() throws IOException {
        return OnnxDecoder.factory(1).open(Checkpoint.open(directory), SLOTS + 1, Precision.FP32);
    }

    static int[] prompt(String text) {
        return TinyModel.tokenizer().encode(text);
    }
}
