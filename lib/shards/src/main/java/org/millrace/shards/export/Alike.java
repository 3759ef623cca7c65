package org.millrace.shards.export;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.millrace.shards.Shard;
import org.millrace.shards.ShardHeader;

/// Whether shards may lie in one file: equal ids mean equal text, and either all have a loss mask or none.
final class Alike {

    private @Nullable Path first;
    private @Nullable ShardHeader header;
    private boolean masked;

    /// @throws IllegalArgumentException if it is another tokenizer's, or masked unlike the first
    void check(Path path, Shard shard) {
        ShardHeader of = shard.header();
        if (header == null) {
            first = path;
            header = of;
            masked = shard.isMasked();
            return;
        }
        require(path, "tokenizer", header.tokenizer(), of.tokenizer());
        require(path, "tokenizerVersion", header.tokenizerVersion(), of.tokenizerVersion());
        require(path, "vocabularySize", header.vocabularySize(), of.vocabularySize());
        require(path, "loss mask", masked, shard.isMasked());
    }

    boolean isMasked() {
        return masked;
    }

    String tokenizer() {
        ShardHeader of = some();
        return of.tokenizer() + "@" + of.tokenizerVersion();
    }

    int bytesPerToken() {
        return some().bytesPerToken();
    }

    private ShardHeader some() {
        if (header == null) {
            throw new IllegalArgumentException("shards: expected at least 1, got 0");
        }
        return header;
    }

    private void require(Path path, String name, Object expected, Object got) {
        if (!expected.equals(got)) {
            throw new IllegalArgumentException(
                    "%s: %s: expected %s, as in %s, got %s".formatted(path, name, expected, first, got));
        }
    }
}
