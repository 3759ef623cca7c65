package org.millrace.rollout;

/// How the policy draws tokens.
///
/// @param temperature 0 for greedy, else 0.01 to 100
/// @param topP 0 to 1; 0 is off
/// @param topK at least 0; 0 is off
/// @param maxTokens at least 0; 0 leaves it to the policy
/// @param seed 0: the policy picks a random one for each sample
public record Sampling(float temperature, float topP, int topK, int maxTokens, long seed) {

    void check() throws BadPrompt {
        BadPrompt.unless(
                temperature == 0 || temperature >= 0.01f && temperature <= 100,
                "sampling.temperature",
                "0 or 0.01 to 100",
                temperature);
        BadPrompt.unless(topP >= 0 && topP <= 1, "sampling.top_p", "0 to 1", topP);
        BadPrompt.unless(topK >= 0, "sampling.top_k", "at least 0", topK);
        BadPrompt.unless(maxTokens >= 0, "sampling.max_tokens", "at least 0", maxTokens);
    }
}
