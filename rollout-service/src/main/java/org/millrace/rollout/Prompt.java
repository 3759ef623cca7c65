package org.millrace.rollout;

import java.util.List;

/// A question for the policy, and what its answers are for.
///
/// @param id unique for a run and round, 1 to 128 characters
/// @param runId training run that asked; empty for comparisons
/// @param round the trainer's step, so that staleness can be told
/// @param turns ends with a user turn
/// @param samples answers wanted, 1 to 64
/// @param policy name of the model that answers; empty: the server's default
/// @param reward name of the model that scores; empty: the server's default
/// @param reference right answer for the verifier; empty if there is none
/// @param purpose free label
public record Prompt(
        String id,
        String runId,
        long round,
        Use use,
        List<Turn> turns,
        int samples,
        Sampling sampling,
        String policy,
        String reward,
        String reference,
        String purpose) {

    static final int MAX_ID = 128;
    static final int MAX_SAMPLES = 64;
    static final int MAX_CANDIDATES = 16;

    /// What becomes of the answers.
    public enum Use {
        /// Shown to rankers, side by side.
        COMPARE,
        /// Scored, and learned from.
        TRAIN
    }

    public Prompt {
        turns = List.copyOf(turns);
    }

    /// Checked before the first call, so that a hopeless prompt costs the policy nothing.
    void check() throws BadPrompt {
        BadPrompt.unless(
                !id.isEmpty() && id.length() <= MAX_ID,
                "prompt_id",
                "1 to %d characters".formatted(MAX_ID),
                id.length() + " characters");
        BadPrompt.unless(!turns.isEmpty(), "messages", "at least one", "none");
        BadPrompt.unless(
                turns.getLast().role() == Turn.Role.USER,
                "messages",
                "a user message at the end",
                turns.getLast().role());
        int least = use == Use.COMPARE ? 2 : 1;
        int most = use == Use.COMPARE ? MAX_CANDIDATES : MAX_SAMPLES;
        BadPrompt.unless(
                samples >= least && samples <= most, "samples", "%d to %d for %s".formatted(least, most, use), samples);
        sampling.check();
    }
}
