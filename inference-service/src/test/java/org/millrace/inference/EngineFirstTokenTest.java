package org.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.millrace.checkpoint.ModelConfig;

/// Who comes while others are served waits for the step that is under way, and for no other: counted in steps, on a
/// decoder that takes one when told to.
class EngineFirstTokenTest {

    private static final int CHUNK = Rows.LEAST + 8;
    private static final int LONG = 5 * CHUNK;
    private static final Sampling GREEDY = new Sampling(0, 0, 1, 1);

    private final ModelConfig config = TinyModel.config(2 * LONG);
    private final GatedDecoder decoder = new GatedDecoder(config.vocabulary());
    private final Tally tally = new Tally();
    private final Engine engine = new Engine(
            "test",
            decoder,
            config,
            TinyModel.tokenizer(),
            config.eosId(),
            new Engine.Limits(8, 64, CHUNK, Duration.ofDays(1), 0.1),
            tally,
            (thread, cause) -> {});

    private final Answers drawing = new Answers(1);
    private int prompts;

    @BeforeEach
    void startAndKeepBusy() throws Exception {
        engine.start();
        submit(3, 60, Generation.Extras.NONE, drawing);
        await().untilAsserted(() -> assertThat(drawing.soFar()).hasSize(1));
        await().until(decoder::isWaiting); // in a step that nobody lets end
    }

    @AfterEach
    void stop() throws InterruptedException {
        decoder.allow(1_000_000);
        engine.stop(Duration.ofSeconds(10));
    }

    @Test
    void aNewcomerWaitsNeitherForLongPromptsNorForScorings() throws Exception {
        List<Answers> slow = List.of(new Answers(1), new Answers(1), new Answers(1));
        submit(LONG, 2, Generation.Extras.NONE, slow.get(0));
        submit(LONG, 2, Generation.Extras.NONE, slow.get(1));
        submit(LONG, 2, new Generation.Extras(0, true), slow.get(2));
        var scoring = new Scoring(new int[] {1}, Collections.nCopies(20, new int[] {2, 3}), 1);
        engine.submit(scoring);

        for (int step = 1; step <= 10; step++) {
            var newcomer = new Answers(1);
            submit(CHUNK - step % 3, 1, Generation.Extras.NONE, newcomer);
            decoder.allow(1);
            newcomer.await();
            await().until(decoder::isWaiting);
            assertThat(drawing.soFar()).hasSize(1 + step);
        }

        decoder.allow(1_000);
        for (Answers answers : slow) {
            assertThat(answers.tokens(0)).hasSize(2);
        }
        assertThat(scoring.result()).succeedsWithin(Duration.ofSeconds(10));
    }

    @Test
    void whoBeginsAsOthersDidIsAsQuick() throws Exception {
        int[] system = IntStream.range(5, 5 + 2 * CHUNK).toArray();
        var first = new Answers(1);
        engine.submit(generation(system, 1, Generation.Extras.NONE, first));
        decoder.allow(system.length);
        first.await();
        await().until(decoder::isWaiting);
        int before = drawing.soFar().size();
        List<Answers> newcomers = new ArrayList<>();
        submit(LONG, 2, Generation.Extras.NONE, new Answers(1));
        for (int i = 0; i < 4; i++) {
            newcomers.add(new Answers(1));
            int[] prompt = Arrays.copyOf(system, system.length + CHUNK / 4);
            Arrays.fill(prompt, system.length, prompt.length, 200 + i);
            engine.submit(generation(prompt, 1, Generation.Extras.NONE, newcomers.getLast()));
        }

        decoder.allow(1);

        for (Answers newcomer : newcomers) {
            newcomer.await();
            assertThat(newcomer.known()).isEqualTo(system.length);
        }
        await().until(decoder::isWaiting); // the step has told everybody
        assertThat(drawing.soFar()).hasSize(before + 1);
    }

    @Test
    void whoBeginsAsTheLongPromptUnderWayIsAsQuick() throws Exception {
        int[] slow = new int[LONG];
        Arrays.fill(slow, 200);
        engine.submit(generation(slow, 1, Generation.Extras.NONE, new Answers(1)));
        for (int step = 1; step <= 3; step++) {
            var newcomer = new Answers(1);
            int[] prompt = Arrays.copyOf(slow, CHUNK);
            Arrays.fill(prompt, Rows.LEAST, CHUNK, 200 + step); // till there as the other
            engine.submit(generation(prompt, 1, Generation.Extras.NONE, newcomer));

            decoder.allow(1);

            newcomer.await();
            await().until(decoder::isWaiting);
            assertThat(drawing.soFar()).hasSize(1 + step);
        }
    }

    @Test
    void aLongPromptIsReadOnceForAllItsSamples() throws Exception {
        int[] prompt = new int[LONG];
        Arrays.fill(prompt, 200);
        var answers = new Answers(3);
        long before = tally.promptTokens().sum();
        engine.submit(generation(prompt, 3, new Wish(2, Generation.Extras.NONE, Generation.Priority.USER), answers));

        decoder.allow(1_000);

        answers.await();
        assertThat(tally.promptTokens().sum() - before).isEqualTo(LONG);
    }

    @Test
    void aUserWaitsForTheLongRolloutUnderWayAndForNoneThatPass() throws Exception {
        var user = new Answers(1);
        rollout(LONG, new Answers(1));
        submit(LONG, 1, Generation.Extras.NONE, user);
        for (int i = 0; i < 40; i++) {
            rollout(CHUNK, new Answers(1)); // each a chunk and, until long after the user, a slot
        }

        decoder.allow(20);

        user.await();
    }

    @Test
    void aLongPromptIsReadHoweverManyComeMeanwhile() throws Exception {
        var slow = new Answers(1);
        submit(LONG, 1, Generation.Extras.NONE, slow);

        for (int step = 0; step <= LONG && slow.soFar().isEmpty(); step++) {
            var newcomer = new Answers(1);
            submit(CHUNK, 1, Generation.Extras.NONE, newcomer); // leaves nothing of the chunk
            decoder.allow(1);
            newcomer.await();
        }

        slow.await();
    }

    /// No two begin alike.
    private void submit(int promptTokens, int maxTokens, Generation.Extras extras, Answers answers) throws Overloaded {
        engine.submit(generation(prompt(promptTokens), maxTokens, extras, answers));
    }

    private void rollout(int promptTokens, Answers answers) throws Overloaded {
        var wish = new Wish(50, Generation.Extras.NONE, Generation.Priority.ROLLOUT);
        engine.submit(generation(prompt(promptTokens), 1, wish, answers));
    }

    private int[] prompt(int tokens) {
        int[] prompt = new int[tokens];
        Arrays.fill(prompt, 5 + prompts++);
        return prompt;
    }

    private static Generation generation(int[] prompt, int maxTokens, Generation.Extras extras, Answers answers) {
        return generation(prompt, 1, new Wish(maxTokens, extras, Generation.Priority.USER), answers);
    }

    private record Wish(int maxTokens, Generation.Extras extras, Generation.Priority priority) {}

    private static Generation generation(int[] prompt, int samples, Wish wish, Answers answers) {
        return new Generation(
                prompt,
                GREEDY,
                samples,
                new Generation.Ending(wish.maxTokens, true, List.of(), Set.of()),
                wish.extras,
                wish.priority,
                answers);
    }
}
