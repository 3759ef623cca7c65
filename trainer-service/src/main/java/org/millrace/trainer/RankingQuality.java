package org.millrace.trainer;

import java.util.List;

/// How well scores order candidates.
///
/// @param pairs of candidates that people told apart
/// @param accuracy share of them whose better one has the higher score; equal scores count half
/// @param tau Kendall's τ over the pairs, mean over prompts: 1 same order, −1 reversed
/// @param loss mean of [PairLoss] over prompts, nats
/// @param lengthBaseline accuracy of going by length alone
public record RankingQuality(int pairs, double accuracy, double tau, double loss, double lengthBaseline) {

    /// Measures scores on comparisons. Comparisons without a pair do not count.
    ///
    /// @param comparisons with at least one pair between them
    /// @param scores one array a comparison, one number a candidate
    /// @param longerIsBetter which way the length baseline goes: as in the training data, see
    ///     [#longerIsBetter]
    public static RankingQuality of(List<Comparison> comparisons, List<double[]> scores, boolean longerIsBetter) {
        int pairs = 0;
        int prompts = 0;
        double right = 0;
        double tau = 0;
        double loss = 0;
        double byLength = 0;
        for (int i = 0; i < comparisons.size(); i++) {
            Comparison comparison = comparisons.get(i);
            List<Comparison.Pair> own = comparison.pairs();
            if (own.isEmpty()) {
                continue;
            }
            double agreement = 0;
            for (Comparison.Pair pair : own) {
                agreement += Math.signum(scores.get(i)[pair.better()] - scores.get(i)[pair.worse()]);
                int longer = lengthDifference(comparison, pair);
                byLength += 0.5 + 0.5 * Math.signum(longerIsBetter ? longer : -longer);
            }
            right += 0.5 * (own.size() + agreement);
            tau += agreement / own.size();
            loss += PairLoss.of(scores.get(i), own);
            pairs += own.size();
            prompts++;
        }
        if (pairs == 0) {
            throw new IllegalArgumentException("comparisons: expected at least one pair, got none");
        }
        return new RankingQuality(pairs, right / pairs, tau / prompts, loss / prompts, byLength / pairs);
    }

    /// Whether the longer answer is the better one more often than not.
    public static boolean longerIsBetter(List<Comparison> comparisons) {
        long balance = 0;
        for (Comparison comparison : comparisons) {
            for (Comparison.Pair pair : comparison.pairs()) {
                balance += Integer.signum(lengthDifference(comparison, pair));
            }
        }
        return balance >= 0;
    }

    private static int lengthDifference(Comparison comparison, Comparison.Pair pair) {
        return comparison.candidates().get(pair.better()).length
                - comparison.candidates().get(pair.worse()).length;
    }
}
