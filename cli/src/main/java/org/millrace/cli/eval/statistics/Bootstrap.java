package org.millrace.cli.eval.statistics;

import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;

/// How much a figure would move with other items of the same kind: it is computed again of items drawn with
/// replacement from those that there are.
public final class Bootstrap {

    /// Enough for the second digit of a bound.
    public static final int RESAMPLES = 1000;

    private Bootstrap() {}

    /// The 2.5th and 97.5th percentile of the statistic over [#RESAMPLES] resamples; between two of them linear.
    ///
    /// - **Cost:** `RESAMPLES · Σ sizes` draws.
    /// - **Source:** Efron 1979, percentile interval; several groups are resampled each by itself.
    ///
    /// The same sizes and seed draw the same items, whatever the statistic: so a difference of two figures of the
    /// same items is a paired one.
    ///
    /// @param statistic of the items drawn, by group; what is not finite (a ratio to nothing) is left out
    /// @param sizes items of each group, at least 1
    /// @return empty if all groups have one item, or the statistic is hardly ever finite
    public static Optional<Interval> interval(long seed, ToDoubleFunction<int[][]> statistic, int... sizes) {
        if (Arrays.stream(sizes).allMatch(size -> size < 2)) {
            return Optional.empty();
        }
        var random = new SplittableRandom(seed);
        int[][] drawn = Arrays.stream(sizes).mapToObj(int[]::new).toArray(int[][]::new);
        double[] values = new double[RESAMPLES];
        int finite = 0;
        for (int resample = 0; resample < RESAMPLES; resample++) {
            for (int[] group : drawn) {
                for (int i = 0; i < group.length; i++) {
                    group[i] = random.nextInt(group.length);
                }
            }
            double value = statistic.applyAsDouble(drawn);
            if (Double.isFinite(value)) {
                values[finite++] = value;
            }
        }
        if (finite < RESAMPLES / 2) {
            return Optional.empty();
        }
        double[] sorted = Arrays.copyOf(values, finite);
        Arrays.sort(sorted);
        return Optional.of(new Interval(quantile(sorted, 0.025), quantile(sorted, 0.975)));
    }

    /// Linear between order statistics, as R's type 7.
    private static double quantile(double[] sorted, double share) {
        double place = share * (sorted.length - 1);
        int below = (int) place;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
    }
}
