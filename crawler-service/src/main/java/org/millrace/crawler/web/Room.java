package org.millrace.crawler.web;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// The heap that answers may take, all together: bodies while they are read, and what is made of them.
///
/// ```text
///   place ─ a little is free ─ grows ─┬─ from what all share
///                                     └─ nothing left: alone, as far as it needs, one place at a time
/// ```
///
/// Who grows holds what it has. So all might hold a part and wait for the rest; then the one who is
/// alone goes on, ends, and gives back. All waits together: shared bytes + largest place.
public final class Room {

    /// Of each place. A page of usual size is never counted.
    private static final long FREE = 192 * 1024;

    private static final Duration PATIENCE_FOR_SHARED = Duration.ofSeconds(1);

    private final Semaphore sharedKib;
    private final Semaphore alone = new Semaphore(1, true);
    private final long largest;
    private final Duration patience;

    /// @param shared bytes that all places share
    /// @param largest bytes that the one place has that is alone, and so any place
    /// @param patience how long a place waits to be alone
    public Room(long shared, long largest, Duration patience) {
        this.sharedKib = new Semaphore((int) Math.clamp(shared >> 10, 1, Integer.MAX_VALUE), true);
        this.largest = largest;
        this.patience = patience;
    }

    /// A quarter of the heap is shared, and half of it is for who is alone: the rest is for all else.
    public static Room ofHeap() {
        long heap = Runtime.getRuntime().maxMemory();
        return new Room(heap / 4, heap / 2, Duration.ofSeconds(10));
    }

    public Place place() {
        return new Place();
    }

    /// Whether a place may ever have so many bytes.
    public boolean holds(long bytes) {
        return bytes <= largest;
    }

    /// What one answer takes. For one thread at a time.
    public final class Place implements AutoCloseable {

        private int heldKib;
        private boolean isAlone;
        private boolean waited;

        private Place() {}

        /// Makes room for so many bytes altogether; false if there was none in time.
        public boolean grow(long bytes) throws InterruptedException {
            int more = (int) Math.clamp((bytes - FREE + 1023) / 1024 - heldKib, 0, Integer.MAX_VALUE);
            if (more == 0 || isAlone || sharedKib.tryAcquire(more)) {
                heldKib += isAlone ? 0 : more;
                return true;
            }
            waited = true;
            if (sharedKib.tryAcquire(more, PATIENCE_FOR_SHARED.toMillis(), TimeUnit.MILLISECONDS)) {
                heldKib += more;
                return true;
            }
            isAlone = alone.tryAcquire(patience.toMillis(), TimeUnit.MILLISECONDS);
            return isAlone;
        }

        /// It had to wait, and whatever came too late came too late for that.
        public boolean waited() {
            return waited;
        }

        @Override
        public void close() {
            sharedKib.release(heldKib);
            heldKib = 0;
            if (isAlone) {
                alone.release();
                isAlone = false;
            }
        }
    }
}
