package org.millrace.drain;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/// Counts who is inside. Once closed it stays closed: nobody enters, and whoever closes it waits for
/// those inside.
public final class Turnstile {

    private static final Duration CHECK = Duration.ofMillis(5);

    private final AtomicInteger inside = new AtomicInteger();
    private volatile boolean closed;

    /// @param awaited whether closing waits for this one
    /// @return empty once it is closed
    public Optional<Pass> enter(boolean awaited) {
        if (closed) { // who is refused again and again does not count each time
            return Optional.empty();
        }
        var pass = new Pass(awaited);
        if (closed) { // read after it was counted: close() waits for it, or it is refused
            pass.leave();
            return Optional.empty();
        }
        return Optional.of(pass);
    }

    /// Lets nobody in from now on, and waits until those inside have left; not interruptible. May be
    /// called again, to go on waiting.
    ///
    /// @return how many were still inside in the end
    public int close(Duration patience) {
        closed = true;
        long end = System.nanoTime() + patience.toNanos();
        int left = inside.get();
        while (left > 0 && System.nanoTime() - end <= 0) {
            LockSupport.parkNanos(CHECK.toNanos());
            left = inside.get();
        }
        return left; // not counted once more: who is being refused counts for a moment
    }

    public boolean isClosed() {
        return closed;
    }

    /// Of one who is inside.
    public final class Pass {

        private final AtomicBoolean counts;

        private Pass(boolean awaited) {
            counts = new AtomicBoolean(awaited);
            if (awaited) {
                inside.incrementAndGet();
            }
        }

        /// Of no effect the second time.
        public void leave() {
            if (counts.compareAndSet(true, false)) {
                inside.decrementAndGet();
            }
        }
    }
}
