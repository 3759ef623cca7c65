package org.millrace.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.millrace.rollout.Prompt.Use.COMPARE;
import static org.millrace.rollout.Prompt.Use.TRAIN;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.millrace.rollout.CallFailed.Blame;

class WorkerTest {

    private static final List<Turn> QUESTION = List.of(new Turn(Turn.Role.USER, "why?"));

    private final FakePolicy policy = new FakePolicy();
    private final FakeRewards rewards = new FakeRewards();
    private final Worker worker = new Worker(policy, rewards, Duration.ofMillis(200), Duration.ofMillis(300));

    @Test
    void scoresTheSamplesOfATrainingPrompt() throws InterruptedException {
        policy.says("one", "two");

        Outcome outcome = worker.answer(prompt(TRAIN, 2));

        assertThat(outcome).isInstanceOfSatisfying(Outcome.Scored.class, scored -> {
            assertThat(scored.answers().samples()).extracting(Sample::text).containsExactly("one", "two");
            assertThat(scored.scores().rewards()).containsExactly(3, 3);
        });
    }

    @Test
    void comparesDifferentTextsOnly() throws InterruptedException {
        policy.says("one", "two", "one ", "three");

        Outcome outcome = worker.answer(prompt(COMPARE, 4));

        assertThat(outcome)
                .isInstanceOfSatisfying(Outcome.Comparable.class, comparable -> assertThat(comparable.candidates())
                        .extracting(Sample::index)
                        .containsExactly(0, 1, 3));
        assertThat(rewards.calls).hasValue(0);
    }

    @Test
    void equalAnswersLeaveNothingToCompare() throws InterruptedException {
        policy.says("one", "one");

        assertThat(worker.answer(prompt(COMPARE, 2))).isInstanceOf(Outcome.Alike.class);
    }

    /// They may differ in their calls, of which nothing is shown.
    @Test
    void answersWithoutTextAreNoCandidates() throws InterruptedException {
        policy.says("one", "", " ");

        assertThat(worker.answer(prompt(COMPARE, 3))).isInstanceOf(Outcome.Alike.class);
    }

    @ParameterizedTest
    @CsvSource({"TRAIN,0", "TRAIN,65", "TRAIN,-1", "COMPARE,1", "COMPARE,17"})
    void samplesOutOfRangeAreHopelessBeforeAnyCall(Prompt.Use use, int samples) throws InterruptedException {
        Outcome outcome = worker.answer(prompt(use, samples));

        assertThat(outcome).isInstanceOfSatisfying(Outcome.Hopeless.class, hopeless -> assertThat(hopeless.reason())
                .startsWith("samples: expected ")
                .endsWith("got " + samples));
        assertThat(policy.calls).hasValue(0);
    }

    @Test
    void aPromptMustEndWithTheUser() throws InterruptedException {
        Prompt prompt = prompt("p", TRAIN, 1, List.of(new Turn(Turn.Role.ASSISTANT, "hello")));

        assertThat(worker.answer(prompt))
                .isEqualTo(new Outcome.Hopeless(prompt, "messages: expected a user message at the end, got ASSISTANT"));
    }

    @Test
    void aPromptWithoutTurnsIsHopeless() throws InterruptedException {
        Prompt prompt = prompt("p", TRAIN, 1, List.of());

        assertThat(worker.answer(prompt))
                .isEqualTo(new Outcome.Hopeless(prompt, "messages: expected at least one, got none"));
    }

    @Test
    void whatThePolicyRefusesIsHopeless() throws InterruptedException {
        policy.fails(Blame.PROMPT, "too long");

        assertThat(worker.answer(prompt(TRAIN, 1)))
                .isInstanceOfSatisfying(Outcome.Hopeless.class, hopeless -> assertThat(hopeless.reason())
                        .isEqualTo("too long"));
        assertThat(policy.calls).hasValue(1);
    }

    @Test
    void waitsForAPolicyThatIsAway() throws InterruptedException {
        policy.fails(Blame.SERVER, "away");
        policy.fails(Blame.SERVER, "away");
        policy.fails(Blame.SERVER, "away");
        policy.says("back");

        Outcome outcome = worker.answer(prompt(TRAIN, 1));

        assertThat(outcome).isInstanceOf(Outcome.Scored.class);
        assertThat(policy.calls).hasValue(4);
        assertThat(worker.isWaiting()).isFalse();
    }

    @Test
    void asksThePolicyOnceThoughTheRewardServiceIsAway() throws InterruptedException {
        policy.says("answer");
        rewards.failures.add(new CallFailed(Blame.SERVER, "away", null));

        assertThat(worker.answer(prompt(TRAIN, 1))).isInstanceOf(Outcome.Scored.class);
        assertThat(policy.calls).hasValue(1);
        assertThat(rewards.calls).hasValue(2);
    }

    @Test
    void losesPatienceWithARequestThatAloneKeepsFailing() throws InterruptedException {
        for (int i = 0; i < 50; i++) {
            policy.fails(Blame.REQUEST, "no such model");
        }

        Outcome outcome = worker.answer(prompt(TRAIN, 1));

        assertThat(outcome).isInstanceOfSatisfying(Outcome.Hopeless.class, hopeless -> assertThat(hopeless.reason())
                .isEqualTo("failed for PT0.3S: no such model"));
        assertThat(policy.calls.get()).isBetween(2, 4); // pauses of 100, 200, 200 ms
    }

    @Test
    void losesPatienceWithAPromptThatIsAlwaysTooSlowWhileOthersAreAnswered() throws Exception {
        policy.says("answer");
        Worker shared = new Worker(
                prompt -> {
                    if (prompt.id().equals("slow")) {
                        throw new CallFailed(Blame.SERVER, "policy: DEADLINE_EXCEEDED", null);
                    }
                    return policy.generate(prompt);
                },
                rewards,
                Duration.ofMillis(200),
                Duration.ofMillis(300));
        Prompt slow = prompt("slow", TRAIN, 1, QUESTION);
        FutureTask<Outcome> given = new FutureTask<>(() -> shared.answer(slow));
        Thread.ofVirtual().start(given);

        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!given.isDone() && System.nanoTime() < deadline) {
            assertThat(shared.answer(prompt(TRAIN, 1))).isInstanceOf(Outcome.Scored.class);
        }

        assertThat(given)
                .succeedsWithin(Duration.ZERO)
                .isEqualTo(new Outcome.Hopeless(slow, "failed for PT0.3S: policy: DEADLINE_EXCEEDED"));
        assertThat(shared.isWaiting()).isFalse();
    }

    @Test
    void losesNoPatienceWithAServerThatIsBusyWithOthers() throws Exception {
        policy.says("answer");
        AtomicInteger tries = new AtomicInteger();
        Worker shared = new Worker(
                prompt -> {
                    if (prompt.id().equals("large") && tries.incrementAndGet() < 6) {
                        throw new CallFailed(Blame.BUSY, "policy: RESOURCE_EXHAUSTED: queue", null);
                    }
                    return policy.generate(prompt);
                },
                rewards,
                Duration.ofMillis(100),
                Duration.ofMillis(10));
        FutureTask<Outcome> large = new FutureTask<>(() -> shared.answer(prompt("large", TRAIN, 1, QUESTION)));
        Thread.ofVirtual().start(large);

        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!large.isDone() && System.nanoTime() < deadline) {
            assertThat(shared.answer(prompt(TRAIN, 1))).isInstanceOf(Outcome.Scored.class);
            assertThat(shared.isWaiting()).isFalse();
        }

        assertThat(large).succeedsWithin(Duration.ZERO).isInstanceOf(Outcome.Scored.class);
        assertThat(tries).hasValue(6); // after five pauses of ten times the patience
    }

    /// Away for many times the patience, and still too slow for the last when it is back for the first.
    @Test
    void losesNoPatienceWhileNobodyIsAnswered() throws Exception {
        policy.says("answer");
        AtomicInteger triesOfLast = new AtomicInteger();
        AtomicBoolean back = new AtomicBoolean();
        AtomicBoolean firstAnswered = new AtomicBoolean();
        AtomicBoolean tooSlowOnce = new AtomicBoolean();
        Worker impatient = new Worker(
                prompt -> {
                    boolean last = prompt.id().equals("last");
                    if (last) {
                        triesOfLast.incrementAndGet();
                    }
                    if (!back.get() || (last && !firstAnswered.get())) {
                        throw new CallFailed(Blame.SERVER, "policy: UNAVAILABLE", null);
                    }
                    if (last && tooSlowOnce.compareAndSet(false, true)) {
                        throw new CallFailed(Blame.SERVER, "policy: DEADLINE_EXCEEDED", null);
                    }
                    Answers answers = policy.generate(prompt);
                    firstAnswered.set(true);
                    return answers;
                },
                rewards,
                Duration.ofMillis(100),
                Duration.ofMillis(10));
        FutureTask<Outcome> last = new FutureTask<>(() -> impatient.answer(prompt("last", TRAIN, 1, QUESTION)));
        Thread.ofVirtual().start(last);
        await().until(() -> triesOfLast.get() >= 4 || last.isDone()); // 300 ms of pauses at least
        back.set(true);

        Outcome first = impatient.answer(prompt("first", TRAIN, 1, QUESTION));

        assertThat(first).isInstanceOf(Outcome.Scored.class);
        assertThat(last).succeedsWithin(Duration.ofSeconds(20)).isInstanceOf(Outcome.Scored.class);
        assertThat(tooSlowOnce).isTrue();
    }

    @Test
    void aWaitingWorkerCanBeStopped() throws Exception {
        for (int i = 0; i < 1000; i++) {
            policy.fails(Blame.SERVER, "away");
        }
        FutureTask<Outcome> answer = new FutureTask<>(() -> worker.answer(prompt(TRAIN, 1)));
        Thread thread = Thread.ofVirtual().start(answer);
        while (!worker.isWaiting()) {
            Thread.onSpinWait();
        }

        thread.interrupt();

        assertThatThrownBy(() -> answer.get(5, TimeUnit.SECONDS)).hasCauseInstanceOf(InterruptedException.class);
    }

    private static Prompt prompt(Prompt.Use use, int samples) {
        return prompt("p", use, samples, QUESTION);
    }

    private static Prompt prompt(String id, Prompt.Use use, int samples, List<Turn> turns) {
        return new Prompt(
                id, "run", 3, use, turns, samples, new Sampling(1, 0, 0, 16, 0), "policy", "reward", "", "test");
    }

    /// Says what it is told to, and fails as often as it is told to before that.
    private static final class FakePolicy implements Policy {

        private final AtomicInteger calls = new AtomicInteger();
        private final Queue<CallFailed> failures = new ConcurrentLinkedQueue<>();
        private List<String> texts = List.of();

        void says(String... texts) {
            this.texts = List.of(texts);
        }

        void fails(Blame blame, String detail) {
            failures.add(new CallFailed(blame, detail, null));
        }

        @Override
        public Answers generate(Prompt prompt) throws CallFailed {
            calls.incrementAndGet();
            CallFailed failure = failures.poll();
            if (failure != null) {
                throw failure;
            }
            List<Sample> samples = new ArrayList<>();
            for (String text : texts) {
                samples.add(new Sample(
                        samples.size(),
                        new int[] {1, 2},
                        new float[] {-1, -2},
                        new long[] {4, 4},
                        new boolean[2],
                        text,
                        true));
            }
            return new Answers("policy", new TokenizerVersion("words", 2), new int[] {9, 8}, samples);
        }
    }

    /// Rewards length.
    private static final class FakeRewards implements Rewards {

        private final AtomicInteger calls = new AtomicInteger();
        private final Queue<CallFailed> failures = new ConcurrentLinkedQueue<>();

        @Override
        public Scores score(Prompt prompt, Answers answers) throws CallFailed {
            calls.incrementAndGet();
            CallFailed failure = failures.poll();
            if (failure != null) {
                throw failure;
            }
            float[] rewards = new float[answers.samples().size()];
            float[] verified = new float[rewards.length];
            for (int i = 0; i < rewards.length; i++) {
                rewards[i] = answers.samples().get(i).text().length();
                verified[i] = -1;
            }
            return new Scores("reward", 7, rewards, verified);
        }
    }
}
