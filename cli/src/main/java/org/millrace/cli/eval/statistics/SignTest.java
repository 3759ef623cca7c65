package org.millrace.cli.eval.statistics;

/// Whether two outcomes that should be equally frequent are.
public final class SignTest {

    private SignTest() {}

    /// `min(1, 2 · Σ_{i ≤ min(a,b)} C(a+b, i) / 2^(a+b))`: how likely a split at least as uneven is if either side
    /// is as likely as the other.
    ///
    /// - **Units:** counts in, a probability out; 1 of nothing.
    /// - **Error:** relative, about `(a+b) · 2⁻⁵²`: the terms are multiplied up as logarithms.
    /// - **Cost:** `min(a, b)` logarithms.
    /// - **Source:** the exact two-sided binomial test; of pairs that disagree it is McNemar's exact test (1947).
    ///
    /// @param a pairs for the one side, at least 0; ties are in neither
    /// @param b pairs for the other
    public static double twoSided(long a, long b) {
        if (a < 0 || b < 0) {
            throw new IllegalArgumentException("expected counts of at least 0, got %d and %d".formatted(a, b));
        }
        long n = a + b;
        double term = -n * Math.log(2);
        double tail = Math.exp(term);
        for (long i = 1; i <= Math.min(a, b); i++) {
            term += Math.log((double) (n - i + 1) / i);
            tail += Math.exp(term);
        }
        return Math.min(1, 2 * tail);
    }
}
