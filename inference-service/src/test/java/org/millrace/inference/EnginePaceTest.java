package org.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// What is read between two steps, while one answer is drawn all the time, by a clock that only the decoder moves: a
/// millisecond for a token of a prompt, and one for a step.
class EnginePaceTest {

    private static final int CHUNK = 64;
    private static final int PAUSE = 20;
    private static final Sampling GREEDY = new Sampling(0, 0, 1, 1);

    private final RememberingDecoder decoder =
            new RememberingDecoder(TinyModel.config().vocabulary(), 9);
    private Engine engine = engine(CHUNK, PAUSE);
    private int prompts;

    private Engine engine(int chunk, int pause) {
        return new Engine(
                "pace",
                decoder,
                TinyModel.config(512),
                TinyModel.tokenizer(),
                TinyModel.config().eosId(),
                new Engine.Limits(8, 64, chunk, Duration.ofMillis(pause), 0.1),
                new Tally(),
                (thread, cause) -> {},
                decoder::clock);
    }

    @Test
    void asManyPromptsAsFitAPauseAreReadTogether() throws Exception {
        List<First> firsts = IntStream.range(0, 6).mapToObj(i -> new First()).toList();
        Answers drawn = ask(CHUNK, 200, new Answers(1)); // fills the chunk: the others come while it is drawn
        for (First first : firsts) {
            ask(PAUSE / 2, 1, first);
        }

        finish(drawn);

        long begin = CHUNK;
        assertThat(firsts.stream().map(first -> first.milliseconds - begin))
                .containsExactly(21L, 21L, 42L, 42L, 63L, 63L); // a step and two of them, again and again
    }

    @Test
    void whatFitsAChunkDoesNotWaitForWhatDoesNot() throws Exception {
        var first = new First();
        Answers drawn = ask(CHUNK, 400, new Answers(1));
        Answers slow = ask(5 * CHUNK, 1, new First());
        ask(CHUNK - 4, 1, first);

        finish(drawn);

        slow.await();
        // Three pauses for its 60 tokens, an eighth of each for the long one, which came before, and two steps.
        assertThat(first.milliseconds - CHUNK).isLessThanOrEqualTo(3 * (PAUSE + 3) + 2 + PAUSE + 1);
    }

    @Test
    void whatFitsNoPauseIsReadInTurn() throws Exception {
        List<First> firsts = IntStream.range(0, 4).mapToObj(i -> new First()).toList();
        Answers drawn = ask(CHUNK, 400, new Answers(1));
        for (First first : firsts) {
            ask(2 * PAUSE, 1, first);
        }

        finish(drawn);

        assertThat(firsts.stream().map(first -> first.milliseconds - CHUNK)).containsExactly(42L, 84L, 126L, 168L);
    }

    @Test
    void whatIsLeftOfAPauseIsTheNextOnes() throws Exception {
        List<First> firsts = IntStream.range(0, 20).mapToObj(i -> new First()).toList();
        Answers drawn = ask(CHUNK, 400, new Answers(1));
        for (First first : firsts) {
            ask(PAUSE + 1, 1, first);
        }

        finish(drawn);

        assertThat(firsts.getLast().milliseconds - CHUNK).isEqualTo(21 * (PAUSE + 1));
    }

    /// Else it would wait at the head of the queue, with all behind it, until nobody is drawn.
    @Test
    void aShortPromptIsReadHoweverLongItTakes() throws Exception {
        var first = new First();
        engine = engine(512, 5);
        Answers drawn = ask(300, 200, new Answers(1)); // with another, padded, it would be more than a chunk
        ask(12, 1, first);

        finish(drawn);

        assertThat(first.milliseconds - 300).isEqualTo(1 + 12);
    }

    /// As those are that begin with a system prompt which some row holds.
    @Test
    void manyShortReadsTakeNoLongerThanOne() throws Exception {
        List<First> firsts = IntStream.range(0, 6).mapToObj(i -> new First()).toList();
        int[] system = IntStream.range(5, 5 + 40).toArray();
        Answers drawn = ask(system, 200, new Answers(1));
        for (int i = 0; i < 6; i++) {
            int[] prompt = Arrays.copyOf(system, 42);
            Arrays.fill(prompt, 40, 42, 100 + i);
            ask(prompt, 1, firsts.get(i));
        }
        decoder.setReadMilliseconds(8);

        finish(drawn);

        assertThat(firsts.stream().map(first -> first.milliseconds - 48))
                .containsExactly(11L, 21L, 32L, 42L, 53L, 63L); // ten for each, and a step each second time
    }

    @Test
    void aScoringHasWhatIsLeftOfThePause() throws Exception {
        var scoring = new Scoring(new int[] {5}, Collections.nCopies(8, new int[] {6, 7}), 1);
        Answers drawn = ask(CHUNK, 200, new Answers(1));
        engine.submit(scoring);
        decoder.setReadMilliseconds(18); // so each piece takes all of it, though it has two tokens

        finish(drawn);

        assertThat(scoring.result()).isCompleted();
        List<RememberingDecoder.Fed> fed = decoder.fed();
        assertThat(IntStream.range(1, fed.size()))
                .noneMatch(i -> !fed.get(i).step() && !fed.get(i - 1).step());
    }

    @Test
    void aBeginningThatTwoShareIsReadOnce() throws Exception {
        int[] shorter = IntStream.range(5, 5 + CHUNK - 4).toArray();
        int[] longer = Arrays.copyOf(shorter, 2 * CHUNK);
        Answers drawn = ask(CHUNK, 400, new Answers(1));
        Answers first = ask(shorter, 1, new First());
        Answers second = ask(longer, 1, new First());

        finish(drawn);

        first.await();
        second.await();
        int read = decoder.fed().stream()
                .filter(fed -> !fed.step())
                .mapToInt(RememberingDecoder.Fed::tokens)
                .sum();
        assertThat(read).isEqualTo(3 * CHUNK);
    }

    private void finish(Answers drawn) throws Exception {
        engine.start();
        drawn.await();
        assertThat(engine.stop(Duration.ofSeconds(10))).isTrue();
    }

    /// No two prompts begin alike.
    private Answers ask(int promptTokens, int maxTokens, Answers answers) throws Overloaded {
        int[] prompt = new int[promptTokens];
        Arrays.fill(prompt, 5 + prompts++);
        return ask(prompt, maxTokens, answers);
    }

    private Answers ask(int[] prompt, int maxTokens, Answers answers) throws Overloaded {
        var ending = new Generation.Ending(maxTokens, true, List.of(), Set.of());
        engine.submit(
                new Generation(prompt, GREEDY, 1, ending, Generation.Extras.NONE, Generation.Priority.USER, answers));
        return answers;
    }

    /// When the first token came.
    private final class First extends Answers {

        private long milliseconds;

        First() {
            super(1);
        }

        @Override
        public void drawn(Drawn token) {
            milliseconds = decoder.clock() / 1_000_000;
            super.drawn(token);
        }
    }
}
