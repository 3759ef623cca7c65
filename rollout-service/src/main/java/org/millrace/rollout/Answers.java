package org.millrace.rollout;

import java.util.List;

/// What the policy said to one prompt.
///
/// @param model name of the model that answered
/// @param tokenizer whose ids these are
/// @param promptTokens ids that it saw
/// @param samples in the order of their index
public record Answers(String model, TokenizerVersion tokenizer, int[] promptTokens, List<Sample> samples) {

    public Answers {
        samples = List.copyOf(samples);
    }
}
