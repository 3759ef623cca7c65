package org.millrace.cli.demo;

import java.time.Duration;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/// Progress of one stage, with the time left of the stage and of the whole demo. Drawn in place on a
/// terminal; elsewhere (a log, CI) a line every few seconds.
final class Bar implements AutoCloseable {

    private static final int PARTS = 1000;
    private static final int COLUMNS = 150;

    private final ProgressBar bar;
    private final Duration planned;
    private final Duration plannedAfter;
    private volatile String note = "";

    /// @param plannedAfter what the stages after this one are planned to take together
    Bar(String title, Duration planned, Duration plannedAfter) {
        boolean terminal = System.console() != null && System.console().isTerminal();
        this.planned = planned;
        this.plannedAfter = plannedAfter;
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

    /// @param share of the stage that is done, 0 to 1
    void to(double share) {
        double bounded = Math.clamp(share, 0, 1);
        bar.stepTo(Math.round(bounded * PARTS));
        Duration left = plannedAfter.plusMillis((long) (planned.toMillis() * (1 - bounded)));
        long minutes = left.plusSeconds(30).toMinutes();
        bar.setExtraMessage((note.isEmpty() ? "" : " " + note)
                + (minutes < 1 ? "  demo < 1 min left" : "  demo ~" + minutes + " min left"));
    }

    /// What there is to say now: "loss 2.31, 8,200 tokens/s".
    void say(String now) {
        note = now;
        to((double) bar.getCurrent() / PARTS);
    }

    @Override
    public void close() {
        bar.close();
    }
}
