package org.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.millrace.bpe.SpecialToken;
import org.millrace.inference.tool.ToolRequest;
import org.millrace.inference.tool.ToolRequest.Use;

/// Whatever else is being drawn, and however prompts are read, an answer is what it is alone.
class EnginePropertyTest {

    private static final int VOCABULARY = TinyModel.config().vocabulary();
    private static final int CHUNK = 8;

    /// Every other token opens a call or ends one.
    private static final Map<Integer, Float> CALLING = Map.of(
            TinyModel.tokenizer().id(SpecialToken.PYTHON_START), 8f,
            TinyModel.tokenizer().id(SpecialToken.PYTHON_END), 8f);

    private static final Map<Integer, Float> NEVER_STOPS = Map.of(3, -100f, 4, -100f);

    private record Wish(
            int[] prompt,
            Sampling sampling,
            int samples,
            int maxTokens,
            Generation.Extras extras,
            Generation.Priority priority,
            boolean calculates) {

        Generation generation(Answers answers) {
            var ending = new Generation.Ending(maxTokens, true, List.of(), Set.of(3, 4));
            var tools = new ToolRequest(List.of(), false, calculates ? Use.YES : Use.NO);
            return new Generation(
                    prompt,
                    sampling,
                    samples,
                    ending,
                    extras,
                    priority,
                    null,
                    tools.toolbox(TinyModel.tokenizer(), true),
                    answers);
        }
    }

    @Property(tries = 60)
    void anAnswerIsWhatItIsAlone(@ForAll long seed) throws Exception {
        var random = new SplittableRandom(seed);
        List<Wish> wishes = new ArrayList<>();
        for (int i = random.nextInt(1, 10); i > 0; i--) {
            wishes.add(wish(random));
        }
        int slots = random.nextInt(1, 6);
        var decoder = new RememberingDecoder(VOCABULARY, slots + 1);

        Duration pause = Duration.ofMillis(random.nextInt(1, CHUNK + 1));
        List<Answers> together = draw(wishes, decoder, new Engine.Limits(slots, 256, CHUNK, pause, 0.3));

        for (int i = 0; i < wishes.size(); i++) {
            Wish wish = wishes.get(i);
            Answers alone = draw(List.of(wish), new RememberingDecoder(VOCABULARY, 2), new Engine.Limits(1, 256))
                    .getFirst();
            for (int sample = 0; sample < wish.samples(); sample++) {
                assertThat(together.get(i).of(sample)).isEqualTo(alone.of(sample));
            }
            assertThat(together.get(i).ofPrompt()).isEqualTo(alone.ofPrompt());
            assertThat(alone.ofPrompt()).hasSize(wish.extras().ofPrompt() ? wish.prompt().length - 1 : 0);
        }
        assertThat(decoder.fed()).allMatch(fed -> fed.step() || fed.tokens() <= CHUNK);
    }

    /// Whatever comes, who draws from the first step to the last waits for no more than a pause of prompts and the
    /// eighth that each of two that do not fit, or a scoring, has at least.
    @Property(tries = 60)
    void whoIsDrawnWaitsForAPauseAtMost(@ForAll long seed) throws Exception {
        var random = new SplittableRandom(seed);
        List<Wish> wishes = new ArrayList<>();
        wishes.add(drawsAllTheTime(seed));
        for (int i = random.nextInt(1, 10); i > 0; i--) {
            wishes.add(wish(random));
        }
        int milliseconds = random.nextInt(2, CHUNK + 1); // two steps take two
        var decoder = new RememberingDecoder(VOCABULARY, 7);
        var limits = new Engine.Limits(6, 256, CHUNK, Duration.ofMillis(milliseconds), 0.3);
        Engine engine = engine(decoder, limits);
        List<Answers> all = submit(wishes, engine);
        boolean scores = random.nextInt(3) == 0;
        var scoring = new Scoring(new int[] {5, 6}, Collections.nCopies(10, new int[] {7, 8, 9, 10}), 1);
        if (scores) {
            engine.submit(scoring);
        }
        engine.start();

        await(all, engine);

        assertThat(scoring.result().isDone()).isEqualTo(scores);
        int most = milliseconds + 2 * Math.ceilDiv(milliseconds, 8);
        int read = 0;
        int steps = 0;
        for (RememberingDecoder.Fed fed : decoder.fed()) {
            if (fed.step()) {
                assertThat(read).isLessThanOrEqualTo(steps == 0 ? 3 * CHUNK : most);
                read = 0;
                steps++;
            } else {
                read += fed.tokens();
            }
        }
        assertThat(steps).isEqualTo(400); // a prompt of one token is not read but stepped over
    }

    private static Wish drawsAllTheTime(long seed) {
        return new Wish(
                new int[] {5},
                new Sampling(1, 0, 1, 0, Sampling.Penalties.NONE, NEVER_STOPS, seed),
                1,
                400,
                Generation.Extras.NONE,
                Generation.Priority.USER,
                false);
    }

    private static List<Answers> draw(List<Wish> wishes, RememberingDecoder decoder, Engine.Limits limits)
            throws Exception {
        Engine engine = engine(decoder, limits);
        engine.start();
        List<Answers> all = submit(wishes, engine);
        await(all, engine);
        return all;
    }

    private static Engine engine(RememberingDecoder decoder, Engine.Limits limits) {
        return new Engine(
                "property",
                decoder,
                TinyModel.config(512),
                TinyModel.tokenizer(),
                TinyModel.config().eosId(),
                limits,
                new Tally(),
                (thread, cause) -> {},
                decoder::clock);
    }

    private static List<Answers> submit(List<Wish> wishes, Engine engine) throws Overloaded {
        List<Answers> all = new ArrayList<>();
        for (Wish wish : wishes) {
            var answers = new Answers(wish.samples());
            all.add(answers);
            engine.submit(wish.generation(answers));
        }
        return all;
    }

    private static void await(List<Answers> all, Engine engine) throws Exception {
        for (Answers answers : all) {
            answers.await();
        }
        assertThat(engine.stop(Duration.ofSeconds(10))).isTrue();
    }

    private static Wish wish(SplittableRandom random) {
        int[] prompt = random.ints(random.nextInt(1, 30), 5, VOCABULARY).toArray();
        int stem = random.nextInt(3); // of each length: many prompts begin alike, and some are the same
        for (int i = 0; i < Math.min(prompt.length, 12 * stem); i++) {
            prompt[i] = 5 + stem + i;
        }
        var penalties = new Sampling.Penalties(
                random.nextBoolean() ? 1 : random.nextDouble(0.5, 2),
                random.nextBoolean() ? 0 : random.nextDouble(-2, 2),
                random.nextBoolean() ? 0 : random.nextDouble(-2, 2));
        boolean calculates = random.nextInt(3) == 0;
        Map<Integer, Float> bias =
                calculates ? CALLING : random.nextBoolean() ? Map.of() : Map.of(random.nextInt(VOCABULARY), 6f);
        var sampling = new Sampling(
                random.nextInt(4) == 0 ? 0 : 1,
                0,
                1,
                random.nextBoolean() ? 0 : 0.01,
                penalties,
                bias,
                random.nextLong());
        var extras = new Generation.Extras(random.nextInt(3), random.nextInt(3) == 0);
        return new Wish(
                prompt,
                sampling,
                random.nextInt(1, 4),
                random.nextInt(1, 20),
                extras,
                random.nextBoolean() ? Generation.Priority.USER : Generation.Priority.ROLLOUT,
                calculates);
    }
}
