package org.millrace.trainer;

/// How long a run may train: it ends at the first bound it reaches.
///
/// @param maxSteps 0: only seconds bound the run
/// @param maxSeconds of training, evaluation not counted; 0: only steps bound the run
public record Budget(long maxSteps, double maxSeconds) {

    public Budget {
        if (maxSteps < 0 || !(maxSeconds >= 0) || Double.isInfinite(maxSeconds) || (maxSteps == 0 && maxSeconds == 0)) {
            throw new IllegalArgumentException(
                    "budget: expected steps or seconds above 0, got %d steps, %s s".formatted(maxSteps, maxSeconds));
        }
    }

    /// Share that is used, 0 to 1: the larger of both shares.
    public double used(long steps, double seconds) {
        double bySteps = maxSteps == 0 ? 0 : (double) steps / maxSteps;
        double byTime = maxSeconds == 0 ? 0 : seconds / maxSeconds;
        return Math.min(1, Math.max(bySteps, byTime));
    }

    /// Seconds until the run ends at its present speed; at least 0.
    public double secondsLeft(long steps, double seconds) {
        double left = maxSeconds == 0 ? Double.POSITIVE_INFINITY : maxSeconds - seconds;
        if (maxSteps > 0 && steps > 0) {
            left = Math.min(left, seconds / steps * (maxSteps - steps));
        }
        return Double.isInfinite(left) ? 0 : Math.max(0, left);
    }
}
