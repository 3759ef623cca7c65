package org.millrace.trainer.torch;

import java.time.Duration;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.millrace.trainer.Budget;
import org.millrace.trainer.Listener;
import org.millrace.trainer.Outcome;
import org.millrace.trainer.Outliers;
import org.millrace.trainer.TrainingFailed;

/// The books of one run: steps, seconds of training, tokens, smoothed loss, and when to stop.
///
/// ```text
/// while (run.goesOn()) { … run.counted(step, tokens) … run.report() }
/// ```
final class Run implements TrainingState.Part {

    /// Reports are at least this far apart, but for the first and the last.
    private static final double REPORT_SECONDS = 0.5;

    /// Non-finite steps in a row that end a run.
    private static final int MAX_BAD_STEPS = 3;

    private static final double SMOOTHING = 0.05;

    private final Budget budget;
    private final Listener listener;
    private final Ranks ranks;
    private final long started = System.nanoTime();
    private long pausedNanos;
    private long steps;
    private long tokens;
    private long skipped;
    private int badInARow;
    private final Outliers outliers = new Outliers();
    private double smoothLoss = Double.NaN;
    private double lastReport = Double.NEGATIVE_INFINITY;
    private double reportedSeconds;
    private long reportedTokens;
    private boolean cancelled;

    /// Of rank 0 when this step began: ranks must not decide by clocks of their own.
    private double agreedSeconds;

    Run(Budget budget, Listener listener) {
        this(budget, listener, new Alone());
    }

    Run(Budget budget, Listener listener, Ranks ranks) {
        this.budget = budget;
        this.listener = listener;
        this.ranks = ranks;
    }

    /// Whether there is another step to make. Whichever rank is told to stop, all do.
    boolean goesOn() {
        double[] told = ranks.sum(listener.cancelled() ? 1 : 0, ranks.rank() == 0 ? seconds() : 0);
        cancelled = cancelled || told[0] > 0;
        agreedSeconds = told[1];
        return !cancelled && used() < 1;
    }

    /// Share of the budget used, 0 to 1.
    double used() {
        return budget.used(steps, ranks.world() == 1 ? seconds() : agreedSeconds);
    }

    long steps() {
        return steps;
    }

    boolean cancelled() {
        return cancelled;
    }

    /// Seconds of training so far.
    double seconds() {
        return (System.nanoTime() - started - pausedNanos) / 1e9;
    }

    /// Does something that is not training; its time is not counted.
    <T> T outside(Supplier<T> work) {
        long begin = System.nanoTime();
        try {
            return work.get();
        } finally {
            pausedNanos += System.nanoTime() - begin;
        }
    }

    /// Nobody trained for so long: it is not counted.
    void rested(Duration time) {
        pausedNanos += time.toNanos();
    }

    /// What stood out in this run so far; a step of gradient descent asks it before it changes
    /// anything.
    Outliers outliers() {
        return outliers;
    }

    @Override
    public void tell(TrainingState state) {
        state.put("run", steps, tokens, skipped, badInARow, smoothLoss, seconds());
        state.put("run.outliers", outliers.state());
    }

    @Override
    public void take(TrainingState state) {
        double[] numbers = state.numbers("run");
        steps = (long) numbers[0];
        tokens = (long) numbers[1];
        skipped = (long) numbers[2];
        badInARow = (int) numbers[3];
        smoothLoss = numbers[4];
        pausedNanos = System.nanoTime() - started - (long) (1e9 * numbers[5]);
        reportedSeconds = numbers[5];
        reportedTokens = tokens;
        outliers.restore(state.numbers("run.outliers"));
    }

    /// Counts a step of the budget with its tokens.
    void counted(long stepTokens) {
        steps++;
        tokens += stepTokens;
    }

    /// Counts a step of the budget that is one of gradient descent.
    void counted(Step step, long stepTokens) throws TrainingFailed {
        if (checked(step)) {
            smoothLoss = Double.isNaN(smoothLoss) ? step.loss() : smoothLoss + SMOOTHING * (step.loss() - smoothLoss);
        }
        counted(stepTokens);
    }

    /// Looks at a step of gradient descent. One whose loss or gradient was not finite changed
    /// nothing and counts as skipped; so does an outlier.
    ///
    /// @return whether it was finite and no outlier
    /// @throws TrainingFailed at the third in a row that was not
    boolean checked(Step step) throws TrainingFailed {
        if (Double.isFinite(step.loss()) && Double.isFinite(step.norm())) {
            badInARow = 0;
            skipped += step.outlier() ? 1 : 0;
            return !step.outlier();
        }
        skipped++;
        if (++badInARow == MAX_BAD_STEPS) {
            throw new TrainingFailed(
                    "step %d: loss %s and gradient norm %s, not finite %d times in a row: lower the learning rate"
                            .formatted(steps + 1, step.loss(), step.norm(), MAX_BAD_STEPS));
        }
        return false;
    }

    /// Tells the listener, unless it was told just now.
    void report(SortedMap<String, Double> more) {
        double now = seconds();
        if (steps > 1 && used() < 1 && now - lastReport < REPORT_SECONDS && more.isEmpty()) {
            return;
        }
        SortedMap<String, Double> figures = new TreeMap<>(more);
        putLoss(figures);
        figures.put("tokens_per_second", (tokens - reportedTokens) / Math.max(1e-9, now - reportedSeconds));
        figures.put("tokens", (double) tokens);
        figures.put("train_seconds", now);
        figures.put("skipped_steps", (double) skipped);
        lastReport = now;
        reportedSeconds = now;
        reportedTokens = tokens;
        listener.measured(steps, figures, used(), budget.secondsLeft(steps, now));
    }

    /// What is true of the finished run whatever the stage.
    Outcome outcome(SortedMap<String, Double> figures) {
        SortedMap<String, Double> all = new TreeMap<>(figures);
        putLoss(all);
        all.put("tokens", (double) tokens);
        all.put("train_seconds", seconds());
        all.put("tokens_per_second", tokens / Math.max(1e-9, seconds()));
        all.put("skipped_steps", (double) skipped);
        return new Outcome(steps, cancelled, all);
    }

    /// PPO has two losses and reports them itself.
    private void putLoss(SortedMap<String, Double> figures) {
        if (!Double.isNaN(smoothLoss)) {
            figures.put("loss_nats", smoothLoss);
        }
    }
}
