package org.millrace.trainer;

/// Warm-up, stable, decay: the factor on every learning rate.
///
/// ```text
/// 1 ┤    ╭──────────────╮
///   │   ╱                ╲
/// f ┤  ╱                  ╲___
///   └──┴──────────────────┴──▶ share of the budget used
///     warmUp           1 − decay
/// ```
///
/// It follows the share of the budget, not the step, so that a run bounded by seconds decays in
/// time on a busy machine too.
///
/// @param warmUp share of the budget, 0 to 1
/// @param decay share of the budget, 0 to 1 − warmUp
/// @param floor factor at the end, 0 to 1
public record Schedule(double warmUp, double decay, double floor) {

    public Schedule {
        if (!(warmUp >= 0 && decay >= 0 && warmUp + decay <= 1 && floor >= 0 && floor <= 1)) {
            throw new IllegalArgumentException(
                    "schedule: expected shares that fit in 1, got %s, %s, %s".formatted(warmUp, decay, floor));
        }
    }

    /// Factor, 0 to 1. At the very start it is a hundredth and not zero, so that the first step
    /// counts.
    ///
    /// @param used share of the budget, 0 to 1
    public double factor(double used) {
        if (used < warmUp) {
            return Math.max(0.01, used / warmUp);
        }
        double decayed = decay == 0 ? 0 : Math.max(0, (used - (1 - decay)) / decay);
        return 1 - (1 - floor) * Math.min(1, decayed);
    }
}
