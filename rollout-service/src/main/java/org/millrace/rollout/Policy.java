package org.millrace.rollout;

/// The model that answers.
public interface Policy {

    /// @return as many samples as the prompt wants, each drawn for itself
    Answers generate(Prompt prompt) throws CallFailed, InterruptedException;
}
