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
/// alone goes on, ends, and gives back. All together: free bytes of each place + shared bytes + largest place.
public final class Room {

    /// Of each place, at most. A page of 19 KB of HTML needs no more.
    private static final long MOST_FREE = 192 * 1024;

    private static final Duration PATIENCE_FOR_SHARED = Duration.ofSeconds(1);

    private final long free;
    private final int allSharedKib;
    private final Semaphore sharedKib;
    private final Semaphore alone = new Semaphore(1, true);
    private final long largest;
    private final Duration patience;

    /// @param free bytes that each place has uncounted
    /// @param shared bytes that all places share
    /// @param largest bytes that the one place has that is alone, and so any place
    /// @param patience how long a place waits to be alone
    public Room(long free, long shared, long largest, Duration patience) {
        this.free = free;
        this.allSharedKib = (int) Math.clamp(shared >> 10, 1, Integer.MAX_VALUE);
        this.sharedKib = new Semaphore(allSharedKib, true);
        this.largest = largest;
        this.patience = patience;
    }

    /// An eighth of the heap is free for the places, 192 KiB for each at most; a quarter is shared, and half
    /// is for who is alone: the rest is for all else.
    ///
    /// @param places that there may be at once
    public static Room ofHeap(int places) {
        return of(Runtime.getRuntime().maxMemory(), places, Duration.ofSeconds(10));
    }

    static Room of(long heap, int places, Duration patience) {
        return new Room(Math.min(MOST_FREE, heap / 8 / places), heap / 4, heap / 2, patience);
    }

    public Place place() {
        return new Place();
    }

    /// Whether a place may ever have so many bytes.
    public boolean holds(long bytes) {
        return bytes <= largest;
    }

    /// What one answer takes. For one thread at a time.
    public final class Place implements Fetcher.Heap, AutoCloseable {

        private int heldKib;
        private boolean isAlone;
        private boolean refused;

        private Place() {}

        @Override
        public boolean holds(long bytes) {
            return Room.this.holds(bytes);
        }

        /// Makes room for so many bytes altogether; false if there was none in time, or never is.
        @Override
        public boolean grow(long bytes) throws InterruptedException {
            if (!holds(bytes)) {
                return false;
            }
            int more = (int) Math.clamp((bytes - free + 1023) / 1024 - heldKib, 0, Integer.MAX_VALUE);
            if (more == 0 || isAlone) {
                return true;
            }
            if (takesShared(more)) {
                heldKib += more;
                return true;
            }
            isAlone = alone.tryAcquire(patience.toMillis(), TimeUnit.MILLISECONDS);
            refused |= !isAlone;
            return isAlone;
        }

        /// More than there is would wait in vain, and whoever asks for little behind it.
        private boolean takesShared(int moreKib) throws InterruptedException {
            return heldKib + moreKib <= allSharedKib
                    && (sharedKib.tryAcquire(moreKib)
                            || sharedKib.tryAcquire(moreKib, PATIENCE_FOR_SHARED.toMillis(), TimeUnit.MILLISECONDS));
        }

        /// It got no room in time: whatever failed for that is not the fault of who answered.
        public boolean wasRefused() {
            return refused;
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
