package org.millrace.inference;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// One token of an answer.
///
/// @param sample which answer of the request
/// @param token its id
/// @param logProb nats: untruncated, of logits divided by the temperature
/// @param top the likeliest tokens there, as many as were asked for, likeliest first
/// @param text what became certain with it, in whole characters
/// @param finish why the answer ends here; `null`: it goes on
public record Drawn(
        int sample,
        int token,
        double logProb,
        List<Likely> top,
        String text,
        @Nullable Finish finish) {

    public Drawn {
        top = List.copyOf(top);
    }

    /// Nobody asked for the likeliest tokens.
    public Drawn(int sample, int token, double logProb, String text, @Nullable Finish finish) {
        this(sample, token, logProb, List.of(), text, finish);
    }

    /// A token that might have been drawn.
    ///
    /// @param logProb nats, as that of the drawn token
    public record Likely(int token, double logProb) {}

    /// Why an answer ended.
    public enum Finish {
        /// The model ended its turn, or a stop text or stop id came.
        STOP,
        /// As many tokens as asked for, or the context is full.
        LENGTH
    }
}
