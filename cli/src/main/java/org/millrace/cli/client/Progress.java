package org.millrace.cli.client;

import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/// How far many calls are: drawn in place on a terminal, nothing elsewhere. On standard error: the results go to files.
public final class Progress implements AutoCloseable {

    private static final int PARTS = 1000;
    private static final int COLUMNS = 100;

    private final @Nullable ProgressBar bar;

    public Progress(String title) {
        boolean terminal = System.console() != null && System.console().isTerminal();
        bar = terminal
                ? new ProgressBarBuilder()
                        .setTaskName(title)
                        .setInitialMax(PARTS)
                        .setStyle(ProgressBarStyle.UNICODE_BLOCK)
                        .setUpdateIntervalMillis(300)
                        .setConsumer(new ConsoleProgressBarConsumer(System.err, COLUMNS))
                        .build()
                : null;
    }

    /// @param share of them that is done, 0 to 1
    public void to(double share) {
        if (bar != null) {
            bar.stepTo(Math.round(share * PARTS));
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
