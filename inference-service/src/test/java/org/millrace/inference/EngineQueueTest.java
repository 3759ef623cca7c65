package org.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Who gets a slot, who waits, who is sent away: on a decoder that steps when told to.
class EngineQueueTest {

    private static final int SLOTS = 4;
    private static final int QUEUE = 8;
    private static final Sampling GREEDY = new Sampling(0, 0, 1, 1);

    private final GatedDecoder decoder = new GatedDecoder(TinyModel.config().vocabulary());
    private final Engine engine = new Engine(
            "test",
            decoder,
            TinyModel.config(),
            TinyModel.tokenizer(),
            TinyModel.config().eosId(),
            new Engine.Limits(SLOTS, QUEUE),
            new Tally(),
            (thread, cause) -> {});

    @BeforeEach
    void start() {
        engine.start();
    }

    @AfterEach
    void stop() throws InterruptedException {
        decoder.allow(1_000_000);
        engine.stop(Duration.ofSeconds(10));
    }

    @Test
    void aCancelledRequestFreesItsSlots() throws Exception {
        Generation cancelled = generation(SLOTS, 50, new Answers(SLOTS));
        var next = new Answers(1);
        engine.submit(cancelled);
        await().untilAsserted(() -> assertThat(engine.running()).isEqualTo(SLOTS));
        engine.submit(generation(1, 3, next));
        assertThat(engine.waiting()).isEqualTo(1);

        cancelled.cancel();
        decoder.allow(4);

        assertThat(next.tokens(0)).hasSize(3);
        await().untilAsserted(() -> assertThat(engine.running()).isZero());
    }

    @Test
    void oneCancelledInTheMiddleLeavesTheOthersAlone() throws Exception {
        var first = new Answers(1);
        var second = new Answers(1);
        var third = new Answers(1);
        Generation cancelled = generation(1, 50, second);
        engine.submit(generation(1, 6, first));
        engine.submit(cancelled);
        engine.submit(generation(1, 6, third));
        decoder.allow(1); // after it the two that came later join
        await().untilAsserted(() -> assertThat(engine.running()).isEqualTo(3));

        cancelled.cancel();
        decoder.allow(6);

        assertThat(first.tokens(0)).hasSize(6);
        assertThat(third.tokens(0)).hasSize(6);
        assertThat(second.whole()).isNotDone();
    }

    @Test
    void aQueueFullOfRolloutsLeavesUsersTheirPlacesAndTheirTurn() throws Exception {
        engine.submit(generation(SLOTS, 3, new Answers(SLOTS)));
        await().untilAsserted(() -> assertThat(engine.running()).isEqualTo(SLOTS));
        var rollouts = new Answers(QUEUE);
        var user = new Answers(1);
        engine.submit(rollout(QUEUE, rollouts));

        assertThatThrownBy(() -> engine.submit(rollout(1, new Answers(1)))).isInstanceOf(Overloaded.class);
        engine.submit(generation(1, 2, user));
        decoder.allow(5);

        assertThat(user.tokens(0)).hasSize(2);
        assertThat(rollouts.soFar()).extracting(Drawn::sample).doesNotContain(SLOTS);
    }

    private static Generation rollout(int samples, Answers answers) {
        return new Generation(
                EngineTest.prompt("x"),
                GREEDY,
                samples,
                new Generation.Ending(9, true, List.of(), Set.of()),
                Generation.Extras.NONE,
                Generation.Priority.ROLLOUT,
                answers);
    }

    @Test
    void aFullQueueSendsAway() throws Exception {
        engine.submit(generation(SLOTS, 50, new Answers(SLOTS)));
        await().untilAsserted(() -> assertThat(engine.running()).isEqualTo(SLOTS));
        engine.submit(generation(QUEUE - 1, 50, new Answers(QUEUE - 1)));

        assertThatThrownBy(() -> engine.submit(generation(2, 50, new Answers(2))))
                .isInstanceOf(Overloaded.class)
                .hasMessage("queue: expected room for 2 answers, got 7 of 8 places taken");
        assertThat(engine.waiting()).isEqualTo(QUEUE - 1);
    }

    /// Ten times what slots and queue hold, all before the engine takes its next step: who is refused hears of it
    /// without that step, and who is admitted begins in turn.
    @Test
    void ofTenTimesTheLoadWhoIsAdmittedIsServedAndTheRestHearsAtOnce() throws Exception {
        engine.submit(generation(SLOTS, 3, new Answers(SLOTS)));
        await().untilAsserted(
                        () -> assertThat(engine.running()).isEqualTo(SLOTS)); // and in a step that nobody lets end
        List<Answers> admitted = new ArrayList<>();
        int refused = 0;

        for (int i = 0; i < 10 * (SLOTS + QUEUE); i++) {
            var answers = new Answers(1);
            try {
                engine.submit(generation(1, 3, answers));
                admitted.add(answers);
            } catch (Overloaded e) {
                refused++;
            }
        }

        assertThat(admitted).hasSize(QUEUE);
        assertThat(refused).isEqualTo(10 * (SLOTS + QUEUE) - QUEUE);
        decoder.allow(3 + QUEUE / SLOTS * 3); // three tokens each, so many at a time: no step more is needed
        for (Answers answers : admitted) {
            assertThat(answers.tokens(0)).hasSize(3);
        }
    }

    @Test
    void ofPromptsThatDoNotAllFindRoomNoneWaits() throws Exception {
        List<Generation> prompts = IntStream.rangeClosed(0, QUEUE)
                .mapToObj(i -> generation(1, 50, new Answers(1)))
                .toList();

        assertThatThrownBy(() -> engine.submit(prompts))
                .isInstanceOf(Overloaded.class)
                .hasMessage("queue: expected room for 9 answers, got 0 of 8 places taken");
        assertThat(engine.running() + engine.waiting()).isZero();
        assertThat(engine.submit(prompts.subList(0, QUEUE))).isTrue();
    }

    @Test
    void whoIsCancelledWhileWaitingMakesRoom() throws Exception {
        Generation gone = generation(QUEUE, 50, new Answers(QUEUE));
        engine.submit(generation(SLOTS, 50, new Answers(SLOTS)));
        await().untilAsserted(() -> assertThat(engine.running()).isEqualTo(SLOTS));
        engine.submit(gone);

        gone.cancel();

        assertThat(engine.submit(generation(QUEUE, 50, new Answers(QUEUE)))).isTrue();
    }

    @Test
    void aScoringThatNobodyWaitsForIsNotWorkedOn() throws Exception {
        var answers = new Answers(1);
        engine.submit(generation(1, 3, answers));
        await().until(decoder::isWaiting);
        var gone = new Scoring(new int[] {1}, List.of(new int[] {2}, new int[] {3}), 1);
        var wanted = new Scoring(new int[] {1}, List.of(new int[] {2}), 1);
        engine.submit(gone);
        engine.submit(wanted);

        gone.result().cancel(false);
        decoder.allow(3);

        assertThat(wanted.result()).succeedsWithin(Duration.ofSeconds(10));
        assertThat(decoder.extensions()).isEqualTo(1);
        await().untilAsserted(() -> assertThat(engine.waiting()).isZero());
    }

    @Test
    void aCancelledScoringMakesRoom() throws Exception {
        engine.submit(generation(1, 50, new Answers(1)));
        await().until(decoder::isWaiting);
        var gone = new Scoring(new int[] {1}, Collections.nCopies(QUEUE, new int[] {2}), 1);
        engine.submit(gone);

        gone.result().cancel(false);

        assertThat(engine.submit(generation(QUEUE, 50, new Answers(QUEUE)))).isTrue();
    }

    @Test
    void scoringsHaveTheirPlacesAmongUsers() throws Exception {
        var half = new Scoring(new int[] {1}, Collections.nCopies(QUEUE / 2, new int[] {2}), 1);
        engine.enter(Mode.PAUSED);
        assertThat(engine.submit(rollout(QUEUE, new Answers(QUEUE)))).isTrue();

        assertThat(engine.submit(half)).isTrue();
        assertThat(engine.submit(generation(QUEUE / 2, 3, new Answers(QUEUE / 2))))
                .isTrue();

        assertThatThrownBy(() -> engine.submit(new Scoring(new int[] {1}, List.of(new int[] {2}), 1)))
                .isInstanceOf(Overloaded.class)
                .hasMessage("queue: expected room for 1 answers, got 8 of 8 places taken");
        assertThatThrownBy(() -> engine.submit(rollout(1, new Answers(1))))
                .isInstanceOf(Overloaded.class)
                .hasMessage("queue: expected room for 1 answers, got 8 of 8 places taken");
    }

    @Test
    void stoppingWithoutPatienceTellsThoseInFlight() throws Exception {
        var answers = new Answers(1);
        engine.submit(generation(1, 1_000_000, answers));
        await().untilAsserted(() -> assertThat(engine.running()).isEqualTo(1));

        Thread stopper = Thread.ofVirtual().start(() -> {
            try {
                engine.stop(Duration.ZERO);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        await().until(() -> {
            decoder.allow(1); // the step in which it was when told to stop
            return answers.whole().isDone();
        });

        assertThatThrownBy(answers::await).hasRootCauseInstanceOf(Stopped.class);
        assertThat(stopper.join(Duration.ofSeconds(10))).isTrue();
        assertThat(decoder.isClosed()).isTrue();
    }

    @Test
    void aStepThatNeverComesBackDoesNotHoldUpTheEnd() throws Exception {
        engine.submit(generation(1, 3, new Answers(1)));
        await().untilAsserted(() -> assertThat(engine.running()).isEqualTo(1));

        assertThat(engine.stop(Duration.ZERO, Duration.ofMillis(1))).isFalse();
    }

    @Test
    void whatIsPausedStandsStillBetweenTwoStepsUntilItGoesOn() throws Exception {
        var standing = new Answers(1);
        var next = new Answers(1);
        engine.submit(generation(1, 6, standing));
        await().untilAsserted(() -> assertThat(engine.running()).isEqualTo(1)); // and in its first step

        engine.enter(Mode.PAUSED);
        engine.enter(Mode.PAUSED);
        decoder.allow(1_000);
        engine.submit(generation(1, 3, next));
        afterALook();

        assertThat(standing.soFar()).as("from the step that was under way").hasSize(1);
        assertThat(next.soFar()).isEmpty();
        assertThat(engine.running()).isEqualTo(1);
        assertThat(engine.waiting()).isEqualTo(1);

        engine.enter(Mode.SERVING);
        assertThat(standing.tokens(0)).hasSize(6);
        assertThat(next.tokens(0)).hasSize(3);
    }

    @Test
    void whoLeavesDuringAPauseHoldsNothing() throws Exception {
        Generation leaving = generation(SLOTS, 50, new Answers(SLOTS));
        engine.submit(leaving);
        await().untilAsserted(() -> assertThat(engine.running()).isEqualTo(SLOTS));
        engine.enter(Mode.PAUSED);
        decoder.allow(1);
        afterALook(); // it is paused, and not in a step that would let them go

        leaving.cancel();

        await().untilAsserted(() -> assertThat(engine.running()).isZero());
    }

    @Test
    void anIdleEngineThatIsReplacedDuringAPauseEnds() {
        engine.enter(Mode.PAUSED);

        engine.drain();

        await().until(decoder::isClosed);
    }

    @Test
    void whoHasLeftTheQueueIsRunningAtOnce() throws Exception {
        var begun = new AtomicInteger();
        var answers = new Answers(2) {
            @Override
            public void begun(int tokens) {
                begun.incrementAndGet();
            }
        };
        decoder.holdReading();
        engine.submit(new Generation(EngineTest.prompt("the mill turns"), GREEDY, 2, 3, true, List.of(), answers));

        decoder.awaitReading();
        assertThat(engine.waiting()).isZero();
        assertThat(engine.running()).isEqualTo(2);
        assertThat(begun).as("told before the prompt is read").hasValue(1);
    }

    @Test
    void anEngineThatIsDrainedTakesNoMoreUntilItServesAgain() throws Exception {
        engine.enter(Mode.DRAINING);
        var scoring = new Scoring(new int[] {1}, List.of(new int[] {2}), 1);
        assertThat(engine.submit(generation(1, 3, new Answers(1)))).isFalse();
        assertThat(engine.submit(scoring)).isFalse();

        engine.enter(Mode.SERVING);
        assertThat(engine.submit(scoring)).isTrue();
    }

    @Test
    void anEngineThatIsStoppedFinishesWhatWasPaused() throws Exception {
        var answers = new Answers(1);
        engine.enter(Mode.PAUSED);
        engine.submit(generation(1, 6, answers));
        afterALook();

        decoder.allow(10);

        assertThat(engine.stop(Duration.ofSeconds(30))).isTrue();
        assertThat(answers.tokens(0)).hasSize(6);
    }

    /// Returns once an engine that is paused has looked for callers who have gone.
    private void afterALook() throws Overloaded {
        Generation gone = generation(1, 1, new Answers(1));
        int before = engine.waiting();
        engine.submit(gone);
        gone.cancel();
        await().untilAsserted(() -> assertThat(engine.waiting()).isEqualTo(before));
    }

    private static Generation generation(int samples, int maxTokens, Answers answers) {
        return new Generation(EngineTest.prompt("the"), GREEDY, samples, maxTokens, true, List.of(), answers);
    }
}
