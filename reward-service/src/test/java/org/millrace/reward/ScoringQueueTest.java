package org.millrace.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ScoringQueueTest {

    private final GatedScorer scorer = new GatedScorer();
    private final CompletableFuture<Throwable> death = new CompletableFuture<>();
    private final ScoringQueue queue = new ScoringQueue("score", scorer, 100, (thread, cause) -> death.complete(cause));

    @AfterEach
    void stop() throws InterruptedException {
        scorer.open.release(1_000);
        queue.close();
        queue.join();
    }

    @Test
    void callersThatWaitTogetherShareARun() throws Exception {
        FutureTask<float[]> first = ask(1);
        await().until(() -> scorer.runs.size() == 1);
        List<FutureTask<float[]>> later = new ArrayList<>();
        for (int length = 2; length <= 5; length++) {
            later.add(ask(length, length));
        }
        await().until(() -> queue.waiting() == 8);

        scorer.open.release(2);

        assertThat(first.get(5, TimeUnit.SECONDS)).containsExactly(1);
        for (int i = 0; i < 4; i++) {
            assertThat(later.get(i).get(5, TimeUnit.SECONDS)).containsExactly(i + 2, i + 2);
        }
        assertThat(scorer.runs).containsExactly(1, 8);
    }

    @Test
    void aRunHasALimitOfRows() throws Exception {
        FutureTask<float[]> first = ask(1);
        await().until(() -> scorer.runs.size() == 1);
        FutureTask<float[]> many = ask(new int[80]);

        scorer.open.release(3);

        assertThat(first.get(5, TimeUnit.SECONDS)).hasSize(1);
        assertThat(many.get(5, TimeUnit.SECONDS)).hasSize(80);
        assertThat(scorer.runs).containsExactly(1, 64, 16);
    }

    @Test
    void longTextsGoInSmallerRuns() throws Exception {
        FutureTask<float[]> first = ask(1);
        await().until(() -> scorer.runs.size() == 1);
        FutureTask<float[]> texts = ask(5_000, 4_000, 10_000, 100);

        scorer.open.release(10);

        assertThat(first.get(5, TimeUnit.SECONDS)).hasSize(1);
        assertThat(texts.get(5, TimeUnit.SECONDS)).containsExactly(5_000, 4_000, 10_000, 100);
        assertThat(scorer.runs).containsExactly(1, 1, 1, 1, 1);
    }

    @Test
    void aFullLineAsksTheCallerToBackOff() throws Exception {
        FutureTask<float[]> first = ask(1);
        await().until(() -> scorer.runs.size() == 1);
        FutureTask<float[]> most = ask(new int[100]);
        await().until(() -> queue.waiting() == 100);

        assertThatThrownBy(() -> queue.score(new int[][] {{1}}))
                .isInstanceOf(Overloaded.class)
                .hasMessage("100 sequences wait, 1 more would exceed the limit of 100");
        scorer.open.release(10);
        assertThat(first.get(5, TimeUnit.SECONDS)).hasSize(1);
        assertThat(most.get(5, TimeUnit.SECONDS)).hasSize(100);
    }

    @Test
    void whatWaitsIsScoredBeforeTheEngineIsClosed() throws Exception {
        FutureTask<float[]> first = ask(1);
        await().until(() -> scorer.runs.size() == 1);
        FutureTask<float[]> second = ask(2);
        await().until(() -> queue.waiting() == 1);

        queue.close();

        assertThatThrownBy(() -> queue.score(new int[][] {{1}})).isInstanceOf(Retired.class);
        assertThat(scorer.closed.getCount()).isEqualTo(1);
        scorer.open.release(2);
        assertThat(first.get(5, TimeUnit.SECONDS)).containsExactly(1);
        assertThat(second.get(5, TimeUnit.SECONDS)).containsExactly(2);
        assertThat(scorer.closed.await(5, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aFailedRunFailsItsCallersAndNoOthers() throws Exception {
        scorer.open.release(2);

        FutureTask<float[]> failing = ask(GatedScorer.POISON);
        assertThatThrownBy(() -> failing.get(5, TimeUnit.SECONDS))
                .rootCause()
                .hasMessage("the engine does not like it");
        assertThat(ask(3).get(5, TimeUnit.SECONDS)).containsExactly(3);
    }

    @Test
    void whatEndsTheThreadIsToldToAllWhoWaitAndToTheProcess() throws Exception {
        FutureTask<float[]> first = ask(GatedScorer.FATAL);
        await().until(() -> scorer.runs.size() == 1);
        FutureTask<float[]> second = ask(2);
        await().until(() -> queue.waiting() == 1);

        scorer.open.release(1);

        assertThatThrownBy(() -> first.get(5, TimeUnit.SECONDS)).rootCause().hasMessage("no memory for it");
        assertThatThrownBy(() -> second.get(5, TimeUnit.SECONDS)).rootCause().hasMessage("no memory for it");
        assertThat(death.get(5, TimeUnit.SECONDS)).isInstanceOf(OutOfMemoryError.class);
        assertThatThrownBy(() -> queue.score(new int[][] {{1}})).rootCause().hasMessage("no memory for it");
    }

    @Test
    void whoLeavesMakesRoomAndIsNotScored() throws Exception {
        FutureTask<float[]> first = ask(1);
        await().until(() -> scorer.runs.size() == 1);
        FutureTask<float[]> leaving = ask(new int[99]);
        await().until(() -> queue.waiting() == 99);
        FutureTask<float[]> staying = ask(2);
        await().until(() -> queue.waiting() == 100);

        leaving.cancel(true);

        await().until(() -> queue.waiting() == 1);
        scorer.open.release(2);
        assertThat(first.get(5, TimeUnit.SECONDS)).containsExactly(1);
        assertThat(staying.get(5, TimeUnit.SECONDS)).containsExactly(2);
        assertThat(scorer.runs).containsExactly(1, 1);
    }

    @Test
    void ofWhoFailedNothingMoreIsScored() throws Exception {
        FutureTask<float[]> first = ask(1);
        await().until(() -> scorer.runs.size() == 1);
        int[] many = new int[80];
        many[0] = GatedScorer.POISON;
        FutureTask<float[]> failing = ask(many);

        scorer.open.release(3);

        assertThat(first.get(5, TimeUnit.SECONDS)).hasSize(1);
        assertThatThrownBy(() -> failing.get(5, TimeUnit.SECONDS))
                .rootCause()
                .hasMessage("the engine does not like it");
        await().until(() -> queue.waiting() == 0);
        assertThat(scorer.open.availablePermits()).as("a third run").isEqualTo(1);
    }

    @Test
    void aScoreThatDoesNotComeIsAnError() throws Exception {
        scorer.open.release(1);

        FutureTask<float[]> failing = ask(GatedScorer.MISCOUNTED, 3);

        assertThatThrownBy(() -> failing.get(5, TimeUnit.SECONDS)).rootCause().hasMessage("expected 2 scores, got 1");
        assertThat(death).isNotDone();
    }

    private FutureTask<float[]> ask(int... lengths) {
        int[][] sequences = new int[lengths.length][];
        for (int i = 0; i < lengths.length; i++) {
            sequences[i] = new int[Math.max(1, lengths[i])];
        }
        FutureTask<float[]> call = new FutureTask<>(() -> queue.score(sequences));
        Thread.ofVirtual().start(call);
        return call;
    }

    /// A score is a length; a run needs a permit.
    private static final class GatedScorer implements Scorer {

        static final int POISON = 666;
        static final int FATAL = 667;
        static final int MISCOUNTED = 668;

        private final Semaphore open = new Semaphore(0);
        private final List<Integer> runs = new CopyOnWriteArrayList<>();
        private final CountDownLatch closed = new CountDownLatch(1);

        @Override
        public float[] score(int[][] sequences) {
            runs.add(sequences.length);
            open.acquireUninterruptibly();
            float[] scores = new float[sequences.length];
            for (int i = 0; i < scores.length; i++) {
                scores[i] = sequences[i].length;
                if (scores[i] == POISON) {
                    throw new IllegalStateException("the engine does not like it");
                }
                if (scores[i] == FATAL) {
                    throw new OutOfMemoryError("no memory for it");
                }
                if (scores[i] == MISCOUNTED) {
                    return new float[] {1};
                }
            }
            return scores;
        }

        @Override
        public void close() {
            closed.countDown();
        }
    }
}
