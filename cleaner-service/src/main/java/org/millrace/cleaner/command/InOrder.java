package org.millrace.cleaner.command;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.Function;

/// Does the work on each input on one of several threads, and hands the results on in the order of the
/// inputs. Whoever brings them waits while too many are under way, so memory stays bounded.
final class InOrder<I, O> implements AutoCloseable {

    /// Enough that a long page does not leave the other threads without work.
    private static final int AHEAD_PER_THREAD = 8;

    private final ExecutorService threads;
    private final int ahead;
    private final Function<I, O> work;
    private final Consumer<O> results;
    private final Deque<Future<O>> underWay = new ArrayDeque<>();

    InOrder(int threads, Function<I, O> work, Consumer<O> results) {
        this.threads = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().name("clean-", 0).daemon().factory());
        this.ahead = threads * AHEAD_PER_THREAD;
        this.work = work;
        this.results = results;
    }

    void accept(I input) {
        underWay.add(threads.submit(() -> work.apply(input)));
        while (underWay.size() >= ahead
                || !underWay.isEmpty() && underWay.element().isDone()) {
            handOn();
        }
    }

    /// Hands on what is still under way.
    @Override
    public void close() {
        try {
            while (!underWay.isEmpty()) {
                handOn();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private void handOn() {
        try {
            results.accept(underWay.remove().get());
        } catch (ExecutionException e) {
            throw new IllegalStateException("the work must not throw", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
