package org.millrace.trainer;

import java.util.stream.IntStream;

/// One sampled answer with its reward.
///
/// @param promptTokens ids the policy saw, at least 1
/// @param tokens ids of the answer, stop token and forced ones included, at least 1 of them drawn
/// @param logProbs nats of each id, forced ones included: untruncated, of logits divided by the temperature; at
///     most 0
/// @param versions of the weights that drew or read each id, forced ones included
/// @param forced by id, whether it is of a tool's output: the policy did not choose it, and learns nothing from it
/// @param reward of the whole answer, finite
/// @param finished whether the model ended its turn itself
public record Trajectory(
        int[] promptTokens,
        int[] tokens,
        float[] logProbs,
        long[] versions,
        boolean[] forced,
        double reward,
        boolean finished) {

    /// A log-probability may be this far above 0 by rounding.
    private static final float ROUNDING = 1e-3f;

    public Trajectory {
        if (promptTokens.length == 0) {
            throw new IllegalArgumentException("prompt_tokens: expected at least 1, got 0");
        }
        if (tokens.length == 0) {
            throw new IllegalArgumentException("tokens: expected at least 1, got 0");
        }
        if (logProbs.length != tokens.length || versions.length != tokens.length) {
            throw new IllegalArgumentException("log_probs, model_versions: expected %d, one a token, got %d and %d"
                    .formatted(tokens.length, logProbs.length, versions.length));
        }
        if (forced.length != tokens.length) {
            throw new IllegalArgumentException(
                    "forced: expected none or %d, one a token, got %d".formatted(tokens.length, forced.length));
        }
        if (drawn(forced).length == 0) {
            throw new IllegalArgumentException(
                    "forced: expected at least 1 token that is not, got none of " + tokens.length);
        }
        for (float logProb : logProbs) {
            if (!Float.isFinite(logProb) || logProb > ROUNDING) {
                throw new IllegalArgumentException("log_probs: expected finite and at most 0, got " + logProb);
            }
        }
        if (!Double.isFinite(reward)) {
            throw new IllegalArgumentException("reward: expected a finite number, got " + reward);
        }
    }

    /// All of it drawn by the policy.
    public Trajectory(
            int[] promptTokens, int[] tokens, float[] logProbs, long[] versions, double reward, boolean finished) {
        this(promptTokens, tokens, logProbs, versions, new boolean[tokens.length], reward, finished);
    }

    /// Places, among the answer's tokens, of those that the policy drew.
    public int[] drawn() {
        return drawn(forced);
    }

    private static int[] drawn(boolean[] forced) {
        return IntStream.range(0, forced.length).filter(i -> !forced[i]).toArray();
    }

    /// Log-probabilities of those.
    public float[] drawnLogProbs() {
        int[] places = drawn();
        float[] drawn = new float[places.length];
        for (int i = 0; i < drawn.length; i++) {
            drawn[i] = logProbs[places[i]];
        }
        return drawn;
    }
}
