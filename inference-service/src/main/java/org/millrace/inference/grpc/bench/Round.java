package org.millrace.inference.grpc.bench;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/// Callers that ask again and again until their time is over, or until one of them fails.
final class Round {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final long start = System.nanoTime();
    private final Duration time;
    private final AtomicInteger callers;
    private final LongAdder tokens = new LongAdder();
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private volatile boolean over;

    /// @param time from now on
    Round(int callers, Duration time) {
        this.callers = new AtomicInteger(callers);
        this.time = time;
    }

    void count(int drawn) {
        tokens.add(drawn);
    }

    /// Whether a caller that was answered is to ask again.
    boolean goesOn() {
        return !over && left().isPositive();
    }

    /// Whoever is answered from now on does not ask again.
    void end() {
        over = true;
    }

    /// One caller has had its last answer.
    void leave() {
        if (callers.decrementAndGet() == 0) {
            done.complete(null);
        }
    }

    void fail(Throwable cause) {
        done.completeExceptionally(cause);
    }

    /// Waits until the time is over and each caller has had its last answer: so whole answers are counted that began
    /// in it.
    ///
    /// @return tokens, at least 1
    /// @throws IllegalStateException as soon as a caller fails, with its cause, or if some have no answer a minute
    ///     behind the end, or if no token came
    long await() throws InterruptedException {
        Duration patience = over ? PATIENCE : left().plus(PATIENCE);
        try {
            done.get(Math.max(0, patience.toNanos()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new IllegalStateException("callers: expected all to end, %d have not".formatted(callers.get()), e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("a caller failed: " + e.getCause(), e.getCause());
        }
        if (tokens.sum() == 0) {
            throw new IllegalStateException("no token in %d s".formatted(time.toSeconds()));
        }
        return tokens.sum();
    }

    /// Since it began.
    Duration elapsed() {
        return Duration.ofNanos(System.nanoTime() - start);
    }

    private Duration left() {
        return time.minus(elapsed());
    }
}
