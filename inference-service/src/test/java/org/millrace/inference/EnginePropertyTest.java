package org.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
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

        List<Answers> together = draw(wishes, decoder, slots, CHUNK);

        for (int i = 0; i < wishes.size(); i++) {
            Wish wish = wishes.get(i);
            Answers alone = draw(List.of(wish), new RememberingDecoder(VOCABULARY, 2), 1, 1_000)
                    .getFirst();
            for (int sample = 0; sample < wish.samples(); sample++) {
                assertThat(together.get(i).of(sample)).isEqualTo(alone.of(sample));
            }
            assertThat(together.get(i).ofPrompt()).isEqualTo(alone.ofPrompt());
            assertThat(alone.ofPrompt()).hasSize(wish.extras().ofPrompt() ? wish.prompt().length - 1 : 0);
        }
        assertThat(decoder.fed()).allMatch(fed -> fed.step() || fed.tokens() <= CHUNK);
    }

    private static List<Answers> draw(List<Wish> wishes, Decoder decoder, int slots, int chunk) throws Exception {
        var engine = new Engine(
                "property",
                decoder,
                TinyModel.config(),
                TinyModel.tokenizer(),
                TinyModel.config().eosId(),
                new Engine.Limits(slots, 256, chunk, 0.3),
                new Tally(),
                (thread, cause) -> {});
        engine.start();
        List<Answers> all = new ArrayList<>();
        for (Wish wish : wishes) {
            var answers = new Answers(wish.samples());
            all.add(answers);
            engine.submit(wish.generation(answers));
        }
        for (Answers answers : all) {
            answers.await();
        }
        assertThat(engine.stop(Duration.ofSeconds(10))).isTrue();
        return all;
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
