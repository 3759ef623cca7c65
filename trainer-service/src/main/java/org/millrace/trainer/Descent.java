package org.millrace.trainer;

import org.jspecify.annotations.Nullable;

/// How steps are made, where somebody wants it otherwise than [Scaling] derives it. Zero means derived, and
/// so does null where zero is an answer.
///
/// @param optimizer what moves the parameters
/// @param matrixRate of the matrices of the blocks, up to 10
/// @param restRate of embedding, norms and heads, up to 10
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

    private static final double MOST_RATE = 10;

    /// @throws IllegalArgumentException names the field as the contract does, what was expected, and what came
    public Descent {
        between("matrix_learning_rate", matrixRate, MOST_RATE);
        between("rest_learning_rate", restRate, MOST_RATE);
        between("weight_decay", weightDecay, MOST_RATE);
        between("warm_up_share", warmUpShare, 1);
        between("decay_share", decayShare, 1);
        between("floor", floor, 1);
        between("max_gradient_norm", maxNorm, 1e6);
        within("rows_at_once", rowsAtOnce, 65_536);
        within("evaluations", evaluations, 10_000);
    }

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
    ///
    /// @throws IllegalArgumentException if rise and fall do not both fit in the budget
    public Schedule over(Schedule derived) {
        double warmUp = warmUpShare == null ? derived.warmUp() : warmUpShare;
        double decay = decayShare == null ? derived.decay() : decayShare;
        if (warmUp + decay > 1) {
            throw new IllegalArgumentException("%s: expected warm_up_share + decay_share of at most 1, got %s + %s"
                    .formatted(warmUpShare != null ? "warm_up_share" : "decay_share", warmUp, decay));
        }
        return new Schedule(warmUp, decay, floor == null ? derived.floor() : floor);
    }

    private static void between(String field, @Nullable Double value, double most) {
        if (value != null && !(value >= 0 && value <= most)) {
            throw new IllegalArgumentException("%s: expected 0 to %.0f, got %s".formatted(field, most, value));
        }
    }

    private static void within(String field, @Nullable Integer value, int most) {
        if (value != null && (value < 0 || value > most)) {
            throw new IllegalArgumentException("%s: expected 0 to %d, got %d".formatted(field, most, value));
        }
    }
}
