package org.millrace.cli.train;

import java.util.function.DoubleFunction;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/// Progress of something long: a stage of the demo, a training run. Drawn in place on a terminal; elsewhere
/// (a log, CI) a line every few seconds, without escapes.
public final class Bar implements AutoCloseable {

    private static final int PARTS = 1000;
    private static final int COLUMNS = 150;

    private final ProgressBar bar;
    private final DoubleFunction<String> left;
    private volatile String note = "";

    /// @param left what to say about the time that is left when a share, 0 to 1, is done
    public Bar(String title, DoubleFunction<String> left) {
        boolean terminal = System.console() != null && System.console().isTerminal();
        this.left = left;
        this.bar = new ProgressBarBuilder()
                .setTaskName(title)
                .setInitialMax(PARTS)
                .setStyle(terminal ? ProgressBarStyle.UNICODE_BLOCK : ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(terminal ? 300 : 8000)
                .setConsumer(
                        terminal
                                ? new ConsoleProgressBarConsumer(System.out, COLUMNS)
                                : new DelegatingProgressBarConsumer(System.out::println, COLUMNS))
                .build();
        to(0);
    }

    /// @param share that is done, 0 to 1
    public void to(double share) {
        double bounded = Math.clamp(share, 0, 1);
        bar.stepTo(Math.round(bounded * PARTS));
        bar.setExtraMessage((note.isEmpty() ? "" : " " + note) + "  " + left.apply(bounded));
    }

    /// What there is to say now: "loss 2.31, 8,200 tokens/s".
    public void say(String now) {
        note = now;
        to((double) bar.getCurrent() / PARTS);
    }

    @Override
    public void close() {
        bar.close();
    }
}
