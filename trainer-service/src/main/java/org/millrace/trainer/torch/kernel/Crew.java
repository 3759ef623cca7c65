package org.millrace.trainer.torch.kernel;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/// Threads that share the rows of a kernel: the caller and some more, each taking the next piece that is
/// left. Pieces do not depend on how many threads there are, so neither does what is computed.
final class Crew {

    private static final ExecutorService HELPERS = Executors.newCachedThreadPool(
            Thread.ofPlatform().daemon().name("kernel-", 0).factory());

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
    private volatile @org.jspecify.annotations.Nullable Throwable failure;

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
            HELPERS.execute(crew::help);
        }
        crew.help();
        while (crew.done.get() < crew.pieces) {
            Thread.onSpinWait(); // a piece takes some microseconds
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
