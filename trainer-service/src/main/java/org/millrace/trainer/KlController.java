package org.millrace.trainer;

/// The coefficient β of the KL penalty: fixed, or steered towards a divergence.
///
/// @param coefficient β, at least 0
/// @param target nats a sequence; 0: β stays as it is
public record KlController(double coefficient, double target) {

    /// Sequences over which a deviation of 20 % is answered by a change of about 20 %.
    static final double HORIZON = 10_000;

    private static final double LARGEST_ERROR = 0.2;

    public KlController {
        if (!(coefficient >= 0) || !(target >= 0)) {
            throw new IllegalArgumentException("kl: expected a coefficient and a target of at least 0, got %s and %s"
                    .formatted(coefficient, target));
        }
    }

    /// `β ← β·(1 + clip(kl/target − 1, ±0.2)·n/10,000)`.
    ///
    /// - **Source:** Ziegler et al. 2019, arXiv:1909.08593, 2.2.
    ///
    /// @param kl mean over sequences of the sum over tokens, nats
    /// @param sequences n
    public KlController after(double kl, int sequences) {
        if (target == 0) {
            return this;
        }
        double error = Math.max(-LARGEST_ERROR, Math.min(LARGEST_ERROR, kl / target - 1));
        return new KlController(coefficient * (1 + error * sequences / HORIZON), target);
    }
}
