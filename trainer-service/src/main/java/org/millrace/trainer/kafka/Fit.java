package org.millrace.trainer.kafka;

import java.util.stream.IntStream;
import org.millrace.checkpoint.ModelConfig;

/// Which sequences a model can take. The log holds those of other models too.
///
/// @param vocabulary ids are below it
/// @param context most tokens of a prompt with its answer; the last is predicted, not read
record Fit(int vocabulary, int context) {

    static Fit of(ModelConfig model) {
        return new Fit(model.vocabulary(), model.context());
    }

    boolean takes(int[] prompt, int[] answer) {
        return prompt.length + answer.length <= context + 1
                && IntStream.concat(IntStream.of(prompt), IntStream.of(answer))
                        .allMatch(id -> id >= 0 && id < vocabulary);
    }

    /// @throws IllegalArgumentException if the model cannot take them
    void check(String field, int[] prompt, int[] answer) {
        if (!takes(prompt, answer)) {
            throw new IllegalArgumentException("%s: expected at most %d ids below %d, got %d"
                    .formatted(field, context + 1, vocabulary, prompt.length + answer.length));
        }
    }
}
