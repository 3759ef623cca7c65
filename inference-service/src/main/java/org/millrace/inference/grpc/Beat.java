package org.millrace.inference.grpc;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import org.millrace.inference.Cadence;

/// The thread that a call's answers are sent on, and when it looks after them: see [Cadence].
interface Beat {

    /// Runs it on the thread as soon as that is free. Any thread may ask for it.
    void now(Runnable action);

    /// Runs it on the thread at the next beat. Only that thread may ask for it.
    void next(Runnable action);

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
                loop.owner().setTimer(Cadence.untilNext(System.nanoTime()), ignored -> action.run());
            }
        };
    }
}
