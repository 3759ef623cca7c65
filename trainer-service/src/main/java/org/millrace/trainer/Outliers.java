package org.millrace.trainer;

/// Finds steps that would do harm: a loss or gradient norm far above those of the last 128 steps,
/// by `z = (x − mean) / deviation > 6`. Until there are 128, nothing is an outlier.
///
/// Each value counts in the window from then on, so that a new level is not refused for ever.
///
/// - **Source:** llm.c, `outlier_detector.h` (window of 128) and `train_gpt2.cu` (an update is
///   skipped by the z-score of its loss or gradient norm; the bound is the user's there).
public final class Outliers {

    static final int WINDOW = 128;
    private static final double BOUND = 6;

    private final double[] losses = new double[WINDOW];
    private final double[] norms = new double[WINDOW];
    private long seen;

    /// Whether a step stands out; both values are taken into the window, unless one is not finite.
    public boolean has(double loss, double norm) {
        if (!Double.isFinite(loss) || !Double.isFinite(norm)) {
            return false; // not an outlier but broken: another rule
        }
        boolean outlier = seen >= WINDOW && (above(losses, loss) || above(norms, norm));
        int place = (int) (seen++ % WINDOW);
        losses[place] = loss;
        norms[place] = norm;
        return outlier;
    }

    private static boolean above(double[] window, double value) {
        double mean = 0;
        for (double one : window) {
            mean += one / WINDOW;
        }
        double variance = 0;
        for (double one : window) {
            variance += (one - mean) * (one - mean) / WINDOW;
        }
        return value - mean > BOUND * Math.sqrt(variance);
    }

    /// All there is to remember: how many were seen, then both windows.
    public double[] state() {
        double[] state = new double[1 + 2 * WINDOW];
        state[0] = seen;
        System.arraycopy(losses, 0, state, 1, WINDOW);
        System.arraycopy(norms, 0, state, 1 + WINDOW, WINDOW);
        return state;
    }

    /// Goes on from a [#state].
    public void restore(double[] state) {
        seen = (long) state[0];
        System.arraycopy(state, 1, losses, 0, WINDOW);
        System.arraycopy(state, 1 + WINDOW, norms, 0, WINDOW);
    }
}
