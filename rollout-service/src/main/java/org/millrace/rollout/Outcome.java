package org.millrace.rollout;

import java.util.List;

/// What became of one prompt. Each outcome is published whole, or not at all.
public sealed interface Outcome {

    Prompt prompt();

    /// Rollouts to learn from, with a score each.
    record Scored(Prompt prompt, Answers answers, Scores scores) implements Outcome {}

    /// Two or more different answers, for rankers.
    record Comparable(Prompt prompt, Answers answers, List<Sample> candidates) implements Outcome {

        public Comparable {
            candidates = List.copyOf(candidates);
        }
    }

    /// All answers read the same, so there is nothing to rank.
    record Alike(Prompt prompt) implements Outcome {}

    /// Nobody can answer it; a person should look.
    record Hopeless(Prompt prompt, String reason) implements Outcome {}
}
