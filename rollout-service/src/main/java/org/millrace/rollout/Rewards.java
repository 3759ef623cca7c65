package org.millrace.rollout;

/// The model that scores, and the verifier beside it.
public interface Rewards {

    /// @return one reward for each sample of the answers
    Scores score(Prompt prompt, Answers answers) throws CallFailed, InterruptedException;
}
