package org.millrace.trainer.torch.kernel;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Threads that share the rows of a kernel: the caller and some more, each taking the next piece that is
/// left. Pieces do not depend on how many threads there are, so neither does what is computed.
final class Crew {

    /// The caller does what none of them is free for.
    private static final ExecutorService HELPERS = Executors.newFixedThreadPool(
            Math.max(1, Runtime.getRuntime().availableProcessors() - 1),
            Thread.ofPlatform().daemon().name("kernel-", 0).factory());

    /// Longer than most pieces take, which is microseconds to some tens of them.
    private static final int SPINS = 10_000;

    private static final long PAUSE_NANOS = 50_000;

    /// Some rows, from the first to before the last; pieces are counted from 0.
    interface Work {
        void on(int from, int to, int piece);
    }

    private final Work work;
    private final int rows;
    private final int most;
    private final int pieces;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger done = new AtomicInteger();
    private volatile @Nullable Throwable failure;

    private Crew(int rows, int most, Work work) {
        this.work = work;
        this.rows = rows;
        this.most = most;
        this.pieces = pieces(rows, most);
    }

    static int pieces(int rows, int most) {
        return Math.ceilDiv(rows, most);
    }

    /// Returns when all rows are done.
    ///
    /// @param most rows of a piece
    static void share(int threads, int rows, int most, Work work) {
        Crew crew = new Crew(rows, most, work);
        for (int i = 1; i < Math.min(threads, crew.pieces); i++) {
            try {
                HELPERS.execute(crew::help);
            } catch (RuntimeException | Error e) { // told below: helpers may be at work on this memory
                crew.failure = e;
            }
        }
        crew.help();
        boolean interrupted = false;
        for (int spins = 0; crew.done.get() < crew.pieces; spins++) {
            if (spins < SPINS) {
                Thread.onSpinWait();
            } else {
                LockSupport.parkNanos(PAUSE_NANOS); // a helper lost its core to someone else
                interrupted |= Thread.interrupted();
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (crew.failure != null) {
            throw new IllegalStateException("a kernel failed", crew.failure);
        }
    }

    private void help() {
        for (int piece = next.getAndIncrement(); piece < pieces; piece = next.getAndIncrement()) {
            try {
                work.on(piece * most, Math.min(rows, (piece + 1) * most), piece);
            } catch (RuntimeException | Error e) {
                failure = e;
            } finally {
                done.incrementAndGet();
            }
        }
    }
}
