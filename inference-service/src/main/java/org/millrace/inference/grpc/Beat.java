package org.millrace.inference.grpc;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.time.Duration;

/// The thread that a call's answers are sent on, and when it looks after them.
interface Beat {

    /// From one beat to the next: little more than one picture of a screen.
    Duration PERIOD = Duration.ofMillis(20);

    /// Runs it on the thread as soon as that is free. Any thread may ask for it.
    void now(Runnable action);

    /// Runs it on the thread at the next beat. Only that thread may ask for it.
    void next(Runnable action);

    /// Whole milliseconds from a moment to the next beat, 1 to 20. Beats are multiples of the period of the clock, not
    /// a period behind each token: so all answers on one loop are looked after within the same millisecond, in few
    /// wakings.
    ///
    /// @param nanos of [System#nanoTime()], which may be negative
    static long untilNext(long nanos) {
        long period = PERIOD.toMillis();
        return period - Math.floorMod(Math.floorDiv(nanos, 1_000_000L), period);
    }

    /// The event loop of the call that is being handled.
    ///
    /// @throws IllegalStateException off an event loop
    static Beat ofThisCall() {
        Context loop = Vertx.currentContext();
        if (loop == null || !loop.isEventLoopContext()) {
            throw new IllegalStateException("thread: expected an event loop, got " + Thread.currentThread());
        }
        return new Beat() {
            @Override
            public void now(Runnable action) {
                loop.runOnContext(ignored -> action.run());
            }

            @Override
            public void next(Runnable action) {
                loop.owner().setTimer(untilNext(System.nanoTime()), ignored -> action.run());
            }
        };
    }
}
