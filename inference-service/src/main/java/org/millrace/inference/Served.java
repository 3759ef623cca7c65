package org.millrace.inference;

import org.millrace.bpe.Tokenizer;
import org.millrace.checkpoint.ModelConfig;

/// One version of a model, being served.
public record Served(Publication publication, ModelConfig config, Tokenizer tokenizer, Engine engine) {

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
