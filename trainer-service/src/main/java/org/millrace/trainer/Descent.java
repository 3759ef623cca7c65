package org.millrace.trainer;

import org.jspecify.annotations.Nullable;

/// How steps are made, where somebody wants it otherwise than [Scaling] derives it. Zero means derived, and
/// so does null where zero is an answer.
///
/// @param optimizer what moves the parameters
/// @param matrixRate of the matrices of the blocks
/// @param restRate of embedding, norms and heads
/// @param weightDecay decoupled, of matrices and embedding, at least 0
/// @param warmUpShare of the budget, 0 to 1 − decayShare
/// @param decayShare of the budget, 0 to 1 − warmUpShare
/// @param floor factor on all rates at the end, 0 to 1
/// @param maxNorm to which the norm of all gradients is clipped, above 0
/// @param rowsAtOnce rows that go through the model at once
/// @param evaluations times that bits per byte is measured besides the end, at least 0
/// @param recompute whether a backward pass runs each block again, which takes less memory and more time
public record Descent(
        OptimizerChoice optimizer,
        double matrixRate,
        double restRate,
        @Nullable Double weightDecay,
        @Nullable Double warmUpShare,
        @Nullable Double decayShare,
        @Nullable Double floor,
        double maxNorm,
        int rowsAtOnce,
        @Nullable Integer evaluations,
        boolean recompute) {

    /// What moves the matrices of the blocks; AdamW moves all else.
    public enum OptimizerChoice {
        DERIVED,
        ADAMW,
        MUON
    }

    /// Everything as [Scaling] has it.
    public static final Descent DERIVED =
            new Descent(OptimizerChoice.DERIVED, 0, 0, null, null, null, null, 0, 0, null, false);

    /// @param derived whether it would, if nobody asked
    boolean muon(boolean derived) {
        return switch (optimizer) {
            case DERIVED -> derived;
            case ADAMW -> false;
            case MUON -> true;
        };
    }

    /// Rates with what is asked in the place of what is derived.
    Rates over(Rates derived) {
        return new Rates(
                matrixRate > 0 ? matrixRate : derived.matrices(),
                restRate > 0 ? restRate : derived.rest(),
                weightDecay == null ? derived.decay() : weightDecay,
                derived.muon(),
                maxNorm > 0 ? maxNorm : derived.maxNorm());
    }

    /// A schedule with what is asked in the place of what is derived.
    Schedule over(Schedule derived) {
        return new Schedule(
                warmUpShare == null ? derived.warmUp() : warmUpShare,
                decayShare == null ? derived.decay() : decayShare,
                floor == null ? derived.floor() : floor);
    }
}
