package org.millrace.inference;

import java.time.Instant;
import org.millrace.bpe.Tokenizer;
import org.millrace.chattemplate.ChatFormat;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.onnx.Precision;

/// One version of a model, being served.
///
/// @param longestToken bytes of the longest token
/// @param chat how it is asked
/// @param precision of its weights: other log-probabilities than the trainer's, unless fp32
/// @param since when this instance began to serve it
public record Served(
        Publication publication,
        ModelConfig config,
        Tokenizer tokenizer,
        int longestToken,
        ChatFormat chat,
        Engine engine,
        Precision precision,
        Instant since) {

    public String name() {
        return publication.name();
    }

    public long version() {
        return publication.version();
    }

    /// Ids that may be fed and drawn: the matrix may be padded above what the tokenizer knows.
    public int vocabulary() {
        return Math.min(config.vocabulary(), tokenizer.vocabularySize());
    }
}
