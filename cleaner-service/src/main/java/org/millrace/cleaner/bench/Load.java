package org.millrace.cleaner.bench;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.millrace.cleaner.Page;

/// Does one thing with page after page on some threads for some time, and times each.
///
/// @param time of one run
record Load(int threads, Duration time) {

    /// What was made last, so that no compiler finds the work to be for nothing.
    @SuppressWarnings("unused")
    private static volatile Object sink = "";

    static void keep(Object made) {
        sink = made;
    }

    /// @param nanoseconds of each page, in no order
    /// @param wall nanoseconds of all runs together
    /// @param processor nanoseconds that the threads computed, together: what others do on the machine does
    ///     not count
    @SuppressWarnings("ArrayRecordComponent") // measured, never compared
    record Result(long[] nanoseconds, long wall, long processor) {

        static final Result NONE = new Result(new long[0], 0, 0);

        Result plus(Result other) {
            long[] both = Arrays.copyOf(nanoseconds, nanoseconds.length + other.nanoseconds.length);
            System.arraycopy(other.nanoseconds, 0, both, nanoseconds.length, other.nanoseconds.length);
            return new Result(both, wall + other.wall, processor + other.processor);
        }

        double perSecond() {
            return nanoseconds.length * 1e9 / wall;
        }

        double processorMilliseconds() {
            return processor / 1e6 / nanoseconds.length;
        }

        /// @param share of the pages that took at most this long, 0 to 1
        double milliseconds(double share) {
            long[] sorted = nanoseconds.clone();
            Arrays.sort(sorted);
            return sorted[(int) Math.min(sorted.length - 1L, (long) (share * sorted.length))] / 1e6;
        }
    }

    Result run(List<Page> pages, Consumer<Page> work) throws InterruptedException {
        AtomicInteger next = new AtomicInteger();
        List<Times> times = new ArrayList<>();
        List<Thread> workers = new ArrayList<>();
        long start = System.nanoTime();
        long end = start + time.toNanos();
        for (int i = 0; i < threads; i++) {
            Times own = new Times();
            times.add(own);
            workers.add(Thread.ofPlatform().start(() -> {
                for (long now = System.nanoTime(); now < end; ) {
                    work.accept(pages.get(Math.floorMod(next.getAndIncrement(), pages.size())));
                    long done = System.nanoTime();
                    own.add(done - now);
                    now = done;
                }
                own.processor = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
            }));
        }
        for (Thread worker : workers) {
            worker.join();
        }
        long wall = System.nanoTime() - start;
        return times.stream()
                .map(own -> new Result(own.get(), wall, own.processor))
                .reduce(Result.NONE, (a, b) -> {
                    Result both = a.plus(b);
                    return new Result(both.nanoseconds(), wall, both.processor()); // the threads ran at the same time
                });
    }

    private static final class Times {

        private long[] nanoseconds = new long[1024];
        private int count;
        private long processor;

        void add(long duration) {
            if (count == nanoseconds.length) {
                nanoseconds = Arrays.copyOf(nanoseconds, 2 * count);
            }
            nanoseconds[count++] = duration;
        }

        long[] get() {
            return Arrays.copyOf(nanoseconds, count);
        }
    }
}
