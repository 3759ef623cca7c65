package org.millrace.inference;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.tool.Aside;

/// One token of an answer.
///
/// @param sample which answer of the request
/// @param token its id
/// @param logProb nats: untruncated, of logits divided by the temperature
/// @param top the likeliest tokens there, as many as were asked for, likeliest first
/// @param text of the assistant, what became certain with it, in whole characters
/// @param asides calls and results that became whole with it; they come behind the text
/// @param forced whether it is part of a tool's output, which the model did not choose
/// @param finish why the answer ends here; `null`: it goes on
public record Drawn(
        int sample,
        int token,
        double logProb,
        List<Likely> top,
        String text,
        List<Aside> asides,
        boolean forced,
        @Nullable Finish finish) {

    public Drawn {
        top = List.copyOf(top);
        asides = List.copyOf(asides);
    }

    /// Of an answer without calls, where nobody asked for the likeliest tokens.
    public Drawn(int sample, int token, double logProb, String text, @Nullable Finish finish) {
        this(sample, token, logProb, List.of(), text, List.of(), false, finish);
    }

    /// A token that might have been drawn.
    ///
    /// @param logProb nats, as that of the drawn token
    public record Likely(int token, double logProb) {}

    /// Why an answer ended.
    public enum Finish {
        /// The model ended its turn, or a stop text or stop id came.
        STOP,
        /// As [#STOP], and the answer has a call that is for the caller to do.
        CALL,
        /// As many tokens as asked for, or the context is full.
        LENGTH
    }
}
