package org.millrace.cli.eval.statistics;

/// Where a figure lies with a confidence of 95 %, in the figure's unit.
public record Interval(double low, double high) {

    /// Of the standard normal distribution, quantile 0.975.
    private static final double Z = 1.959963984540054;

    public Interval {
        if (!(low <= high)) {
            throw new IllegalArgumentException("low: expected at most high, got %s and %s".formatted(low, high));
        }
    }

    /// Of a share: `(p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n)`, `p = k/n`, `z = 1.96`.
    ///
    /// - **Units:** shares, 0 to 1.
    /// - **Source:** Wilson 1927, score interval without continuity correction.
    ///
    /// Unlike `p ± z·√(p(1−p)/n)` it has a width where all or none succeed.
    ///
    /// @param successes k, 0 to n
    /// @param trials n, at least 1
    public static Interval wilson(long successes, long trials) {
        if (trials < 1 || successes < 0 || successes > trials) {
            throw new IllegalArgumentException(
                    "expected 0 to n successes of n trials, n at least 1, got %d of %d".formatted(successes, trials));
        }
        double n = trials;
        double p = successes / n;
        double z2 = Z * Z;
        double middle = p + z2 / (2 * n);
        double half = Z * Math.sqrt(p * (1 - p) / n + z2 / (4 * n * n));
        double scale = 1 + z2 / n;
        return new Interval(
                successes == 0 ? 0 : Math.max(0, (middle - half) / scale),
                successes == trials ? 1 : Math.min(1, (middle + half) / scale));
    }
}
