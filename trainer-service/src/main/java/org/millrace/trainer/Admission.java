package org.millrace.trainer;

/// How many prompts may be out, so that no rollout is staler than asked: prompts are held back, so that
/// rollouts need not be thrown away.
///
/// Source: the capacity formula of AReaL (Fu et al. 2025, arXiv:2505.24298),
/// `(η + version + 1)·B − submitted`, without its bound on requests at once: workers pace themselves.
///
/// @param maxStaleness η: versions a rollout may be behind the weights that learn from it, at least 0
/// @param promptsPerRound B, at least 1
public record Admission(int maxStaleness, int promptsPerRound) {

    public Admission {
        if (maxStaleness < 0 || promptsPerRound < 1) {
            throw new IllegalArgumentException(
                    "admission: expected staleness of at least 0 and at least 1 prompt a round,"
                            + " got %d and %d".formatted(maxStaleness, promptsPerRound));
        }
    }

    /// Prompts that may be submitted now.
    ///
    /// @param version rounds the weights have learned from, at least 0
    /// @param submitted prompts so far, of all rounds
    public long capacity(long version, long submitted) {
        return Math.max(0, (maxStaleness + version + 1) * promptsPerRound - submitted);
    }

    /// The round that learns from a prompt, from 1.
    ///
    /// @param index of the prompt among all of the run, from 0
    public long round(long index) {
        return index / promptsPerRound + 1;
    }
}
