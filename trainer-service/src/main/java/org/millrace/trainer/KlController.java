package org.millrace.trainer;

/// The coefficient β of the KL penalty: fixed, or steered towards a divergence.
///
/// @param coefficient β, at least 0
/// @param target nats a sequence; 0: β stays as it is
/// @param least below which β does not fall, at least 0
public record KlController(double coefficient, double target, double least) {

    private static final double LARGEST_ERROR = 0.2;

    public KlController {
        if (!(coefficient >= 0) || !(target >= 0) || !(least >= 0)) {
            throw new IllegalArgumentException(
                    "kl: expected a coefficient, a target and a least coefficient of at least 0, got %s, %s and %s"
                            .formatted(coefficient, target, least));
        }
    }

    /// Of a run that begins: β is never less than this.
    public KlController(double coefficient, double target) {
        this(coefficient, target, coefficient);
    }

    /// `β ← max(least, β·(1 + clip(kl/target − 1, ±0.2)))`.
    ///
    /// - **Source:** Ziegler et al. 2019, arXiv:1909.08593, 2.2, whose β moves by a tenth of that a batch, over
    ///   thousands of batches, and has no least. Runs of ten or twenty rounds end before such a β has moved; and as
    ///   each begins at a divergence of 0, a β that may fall does so while nothing is wrong yet, and lacks later.
    ///
    /// @param kl of the weights that a round ended with: mean over sequences of the sum over tokens, nats
    public KlController after(double kl) {
        if (target == 0) {
            return this;
        }
        double error = Math.clamp(kl / target - 1, -LARGEST_ERROR, LARGEST_ERROR);
        return new KlController(Math.max(least, coefficient * (1 + error)), target, least);
    }
}
