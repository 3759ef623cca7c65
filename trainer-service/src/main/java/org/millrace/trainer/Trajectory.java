package org.millrace.trainer;

/// One sampled answer with its reward.
///
/// @param promptTokens ids the policy saw, at least 1
/// @param tokens ids it drew, stop token included, at least 1
/// @param logProbs nats of each drawn id: untruncated, of logits divided by the temperature; at
///     most 0
/// @param versions of the weights that drew each id
/// @param reward of the whole answer, finite
/// @param finished whether the model ended its turn itself
public record Trajectory(
        int[] promptTokens, int[] tokens, float[] logProbs, long[] versions, double reward, boolean finished) {

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
        for (float logProb : logProbs) {
            if (!Float.isFinite(logProb) || logProb > ROUNDING) {
                throw new IllegalArgumentException("log_probs: expected finite and at most 0, got " + logProb);
            }
        }
        if (!Double.isFinite(reward)) {
            throw new IllegalArgumentException("reward: expected a finite number, got " + reward);
        }
    }
}
