package org.millrace.inference;

import org.jspecify.annotations.Nullable;

/// One token of an answer.
///
/// @param sample which answer of the request
/// @param token its id
/// @param logProb nats: untruncated, of logits divided by the temperature
/// @param text what became certain with it, in whole characters
/// @param finish why the answer ends here; `null`: it goes on
public record Drawn(
        int sample,
        int token,
        double logProb,
        String text,
        @Nullable Finish finish) {

    /// Why an answer ended.
    public enum Finish {
        /// The model ended its turn, or a stop text came.
        STOP,
        /// As many tokens as asked for, or the context is full.
        LENGTH
    }
}
