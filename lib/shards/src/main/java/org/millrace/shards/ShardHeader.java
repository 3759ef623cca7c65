package org.millrace.shards;

import java.util.regex.Pattern;

/// What all sequences of a shard have in common.
///
/// @param tokenizer name of the tokenizer, [a-z0-9-]{1,64}
/// @param tokenizerVersion at least 1
/// @param dataset of the conversations, [a-z0-9-]{1,64}; empty for documents
/// @param vocabularySize every id is below it; at least 1. Up to 65,536 ids take two bytes, above
///     that four.
public record ShardHeader(Kind kind, String tokenizer, long tokenizerVersion, String dataset, int vocabularySize) {

    private static final Pattern NAME = Pattern.compile("[a-z0-9-]{1,64}");

    /// What a sequence is. The order is part of the format.
    public enum Kind {
        DOCUMENTS,
        CONVERSATIONS
    }

    public ShardHeader {
        check(NAME.matcher(tokenizer).matches(), "tokenizer", "[a-z0-9-]{1,64}", tokenizer);
        check(tokenizerVersion >= 1, "tokenizerVersion", "at least 1", tokenizerVersion);
        check(dataset.isEmpty() || NAME.matcher(dataset).matches(), "dataset", "[a-z0-9-]{0,64}", dataset);
        check(vocabularySize >= 1, "vocabularySize", "at least 1", vocabularySize);
    }

    public int bytesPerToken() {
        return vocabularySize <= 1 << 16 ? 2 : 4;
    }

    private static void check(boolean holds, String name, String expectation, Object value) {
        if (!holds) {
            throw new IllegalArgumentException("%s: expected %s, got %s".formatted(name, expectation, value));
        }
    }
}
