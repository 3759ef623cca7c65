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

    /// The event loop of the call that is being handled. All loops beat at the same moments, so that one waking serves
    /// all answers that are under way.
    ///
    /// @throws IllegalStateException off an event loop
    static Beat ofThisCall() {
        Context loop = Vertx.currentContext();
        if (loop == null || !loop.isEventLoopContext()) {
            throw new IllegalStateException("thread: expected an event loop, got " + Thread.currentThread());
        }
        long period = PERIOD.toMillis();
        return new Beat() {
            @Override
            public void now(Runnable action) {
                loop.runOnContext(ignored -> action.run());
            }

            @Override
            public void next(Runnable action) {
                long left = period - Math.floorMod(System.nanoTime() / 1_000_000, period);
                loop.owner().setTimer(left, ignored -> action.run());
            }
        };
    }
}
