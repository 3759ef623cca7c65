package org.millrace.cleaner.command;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Does the work on each input on one of several threads, and hands the results on in the order of the
/// inputs: each as soon as it and all before it are ready, whenever the next input comes. Whoever brings the
/// inputs waits while too many are under way, so memory stays bounded.
final class InOrder<I, O> implements AutoCloseable {

    /// Enough that a long page does not leave the other threads without work.
    private static final int AHEAD_PER_THREAD = 8;

    private final ExecutorService threads;
    private final Function<I, O> work;
    private final Consumer<O> results;
    private final BlockingQueue<Future<O>> underWay;
    private final Future<O> end = new CompletableFuture<>();
    private final Thread handing;

    /// Why nothing is handed on any more. Told to the caller once.
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    /// @param results called on a thread of its own
    InOrder(int threads, Function<I, O> work, Consumer<O> results) {
        this.threads = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().name("clean-", 0).daemon().factory());
        this.work = work;
        this.results = results;
        this.underWay = new ArrayBlockingQueue<>(threads * AHEAD_PER_THREAD);
        this.handing = Thread.ofPlatform().name("clean-results").daemon().start(this::handOn);
    }

    /// @throws RuntimeException of the results of an earlier input
    void accept(I input) {
        throwFailure();
        put(threads.submit(() -> work.apply(input)));
    }

    /// Hands on what is still under way.
    @Override
    public void close() {
        try {
            put(end);
            handing.join();
        } catch (InterruptedException e) {
            throw interrupted(e);
        } finally {
            threads.shutdownNow();
        }
        throwFailure();
    }

    private void put(Future<O> next) {
        try {
            underWay.put(next);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /// Takes until the end, even if a result cannot be handed on: somebody may wait for room.
    private void handOn() {
        boolean sound = true;
        try {
            for (Future<O> next = underWay.take(); next != end; next = underWay.take()) {
                sound = sound && isHandedOn(next);
            }
        } catch (InterruptedException e) {
            failure.compareAndSet(null, e);
        }
    }

    private boolean isHandedOn(Future<O> next) throws InterruptedException {
        try {
            results.accept(next.get());
            return true;
        } catch (ExecutionException e) {
            failure.set(new IllegalStateException("the work must not throw", e.getCause()));
        } catch (RuntimeException | Error e) {
            failure.set(e);
        }
        return false;
    }

    private void throwFailure() {
        switch (failure.getAndSet(null)) {
            case null -> {}
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable e -> throw new IllegalStateException(e);
        }
    }

    private static IllegalStateException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new IllegalStateException("interrupted", e);
    }
}
