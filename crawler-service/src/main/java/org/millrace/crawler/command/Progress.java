package org.millrace.crawler.command;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Supplier;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/// How far a crawl is, while it runs: a bar that is drawn anew on a terminal, elsewhere a line every few
/// seconds. Goes to the error output, as it is no result.
final class Progress implements AutoCloseable {

    private static final int COLUMNS = 110;
    private static final Duration EVERY_LINE = Duration.ofSeconds(5);
    private static final Duration EVERY_DRAWING = Duration.ofMillis(500);

    private final PrintStream err;
    private final Supplier<Now> now;
    private final @Nullable ProgressBar bar;
    private Now last;
    private long lastAt = System.nanoTime();

    /// @param pages that are done, one way or another
    /// @param queued that wait
    /// @param bytes of all bodies
    /// @param errors no answer, or one without a page
    record Now(long pages, long queued, int hosts, long bytes, long errors) {

        String line(double pagesPerSecond) {
            return String.format(
                    Locale.ROOT,
                    "%d pages, %.1f pages/s, %d hosts, %d queued, %s, %d errors",
                    pages,
                    pagesPerSecond,
                    hosts,
                    queued,
                    megabytes(bytes),
                    errors);
        }
    }

    /// @param terminal the error output is one, which can be drawn on
    Progress(PrintStream err, boolean terminal, Supplier<Now> now) {
        this.err = err;
        this.now = now;
        this.last = now.get();
        this.bar = terminal ? bar(err) : null;
    }

    private static ProgressBar bar(PrintStream err) {
        return new ProgressBarBuilder()
                .setTaskName("crawl")
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis((int) EVERY_DRAWING.toMillis())
                .setMaxRenderedLength(COLUMNS)
                .setConsumer(new DelegatingProgressBarConsumer(line -> err.print("\r" + line), COLUMNS))
                .build();
    }

    /// Shows where things are, if it is time.
    void tick() {
        Duration every = bar == null ? EVERY_LINE : EVERY_DRAWING;
        long at = System.nanoTime();
        if (at - lastAt < every.toNanos()) {
            return;
        }
        Now next = now.get();
        String line = next.line((next.pages - last.pages) * 1e9 / (at - lastAt));
        if (bar == null) {
            err.println(line);
        } else {
            bar.maxHint(next.pages + next.queued);
            bar.stepTo(next.pages);
            bar.setExtraMessage(line);
        }
        last = next;
        lastAt = at;
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            err.println();
        }
    }

    static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
    }
}
