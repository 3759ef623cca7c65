package org.millrace.trainer;

import java.util.List;

/// What a reward model is trained to make small: K-wise Bradley–Terry.
public final class PairLoss {

    /// β: keeps scores near 0, where they mean something.
    public static final double CENTRING = 0.001;

    private PairLoss() {}

    /// Mean over the pairs of one prompt of `−log σ(s_b − s_w) + β·½(s_b² + s_w²)`.
    ///
    /// - **Units:** nats.
    /// - **Error:** `2⁻⁵⁰` of the result for each pair; `−log σ(x)` is `softplus(−x)`, finite for
    ///   any gap.
    /// - **Source:** Ouyang et al. 2022, arXiv:2203.02155; the second term as Open-Assistant has
    ///   it.
    ///
    /// A mean, so that a prompt with many candidates weighs as much as one with few; all pairs of
    /// a prompt are in one step, because apart they overfit in one epoch.
    ///
    /// @param scores one a candidate
    /// @param pairs at least one
    public static double of(double[] scores, List<Comparison.Pair> pairs) {
        double sum = 0;
        for (Comparison.Pair pair : pairs) {
            double better = scores[pair.better()];
            double worse = scores[pair.worse()];
            sum += softplus(worse - better) + CENTRING * 0.5 * (better * better + worse * worse);
        }
        return sum / pairs.size();
    }

    private static double softplus(double x) {
        return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    }
}
