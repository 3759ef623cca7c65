package org.millrace.reward;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Many callers, one engine: sequences of all callers wait in one line, and a thread that owns the engine
/// scores as many of them at once as fit. Waiting is bounded; who comes after is told to back off.
///
/// ```text
///   caller ─┐                                       ┌─► caller
///   caller ─┼─► line of sequences ─► padded run ────┼─► caller
///   caller ─┘        (≤ limit)     (rows × longest) └─► caller
/// ```
final class ScoringQueue implements AutoCloseable {

    private static final int MAX_ROWS = 64;

    /// Positions of one run, padding included. 8,192 keep a small model's activations in tens of megabytes.
    private static final int MAX_POSITIONS = 8_192;

    private final Scorer scorer;
    private final int limit;
    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<Row> waiting = new ArrayDeque<>();
    private boolean closed;

    /// What ended the thread before its time.
    private @Nullable Throwable death;

    /// @param name of the thread that owns the scorer from now on
    /// @param limit sequences that may wait
    /// @param onDeath hears of what ended the thread, when all who waited have been told
    ScoringQueue(String name, Scorer scorer, int limit, Thread.UncaughtExceptionHandler onDeath) {
        this.scorer = scorer;
        this.limit = limit;
        this.thread = Thread.ofPlatform()
                .name(name)
                .daemon()
                .uncaughtExceptionHandler(onDeath)
                .start(this::run);
    }

    /// What one caller wants. Only the queue's thread touches the counts.
    private static final class Wanted {

        private final CompletableFuture<float[]> done = new CompletableFuture<>();
        private final float[] scores;
        private int missing;

        Wanted(int count) {
            scores = new float[count];
            missing = count;
        }

        void score(int index, float score) {
            scores[index] = score;
            missing--;
            if (missing == 0) {
                done.complete(scores);
            }
        }
    }

    private record Row(int[] sequence, Wanted wanted, int index) {}

    /// What waits of a caller that is interrupted is not scored any more.
    ///
    /// @throws Overloaded if the line is too long for all of them
    /// @throws Retired if the queue was closed before
    float[] score(int[][] sequences) throws Overloaded, Retired, InterruptedException {
        Wanted wanted = new Wanted(sequences.length);
        lock.lockInterruptibly();
        try {
            if (death != null) {
                throw new IllegalStateException("scoring failed", death); // no successor: not Retired
            }
            if (closed) {
                throw new Retired();
            }
            if (waiting.size() + sequences.length > limit) {
                throw new Overloaded(waiting.size(), sequences.length, limit);
            }
            for (int i = 0; i < sequences.length; i++) {
                waiting.add(new Row(sequences[i], wanted, i));
            }
            changed.signal();
        } finally {
            lock.unlock();
        }
        try {
            return wanted.done.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("scoring failed", e.getCause());
        } catch (InterruptedException e) {
            wanted.done.cancel(false);
            dropFinished();
            throw e;
        }
    }

    private void dropFinished() {
        lock.lock();
        try {
            waiting.removeIf(row -> row.wanted.done.isDone());
        } finally {
            lock.unlock();
        }
    }

    int waiting() {
        lock.lock();
        try {
            return waiting.size();
        } finally {
            lock.unlock();
        }
    }

    /// Takes nothing new, finishes what waits, then closes the scorer. Does not wait for that.
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /// Waits for what [#close] began.
    void join() throws InterruptedException {
        thread.join();
    }

    private void run() {
        try (scorer) {
            for (List<Row> batch = take(); !batch.isEmpty(); batch = take()) {
                score(batch);
            }
        } catch (RuntimeException | Error e) {
            die(e);
            throw e;
        }
    }

    private void die(Throwable cause) {
        lock.lock();
        try {
            death = cause;
            waiting.forEach(row -> row.wanted.done.completeExceptionally(cause));
            waiting.clear();
        } finally {
            lock.unlock();
        }
    }

    /// A run that fails is its callers' affair; what is worse than that ends the thread.
    private void score(List<Row> batch) {
        try {
            float[] scores = scorer.score(batch.stream().map(Row::sequence).toArray(int[][]::new));
            if (scores.length != batch.size()) { // the others would wait for ever
                throw new IllegalStateException("expected %d scores, got %d".formatted(batch.size(), scores.length));
            }
            for (int i = 0; i < scores.length; i++) {
                Row row = batch.get(i);
                if (Float.isFinite(scores[i])) {
                    row.wanted.score(row.index, scores[i]);
                } else { // its caller's affair alone
                    row.wanted.done.completeExceptionally(
                            new IllegalStateException("the model's score is " + scores[i]));
                }
            }
        } catch (RuntimeException e) {
            batch.forEach(row -> row.wanted.done.completeExceptionally(e));
            dropFinished(); // of who has more rows in the line
        } catch (Error e) {
            batch.forEach(row -> row.wanted.done.completeExceptionally(e));
            throw e;
        }
    }

    /// As many rows as fit into one run; none when all is done.
    private List<Row> take() {
        lock.lock();
        try {
            while (waiting.isEmpty() && !closed) {
                changed.awaitUninterruptibly();
            }
            List<Row> batch = new ArrayList<>();
            int longest = 0;
            while (!waiting.isEmpty() && batch.size() < MAX_ROWS) {
                longest = Math.max(longest, waiting.peek().sequence.length);
                if (!batch.isEmpty() && longest * (batch.size() + 1) > MAX_POSITIONS) {
                    break;
                }
                batch.add(waiting.remove());
            }
            return batch;
        } finally {
            lock.unlock();
        }
    }
}
