package org.millrace.cli.data;

import java.util.Locale;
import org.millrace.shards.ShardHeader;

/// A shard that the log names.
///
/// @param sha256 its name in the artifact store
/// @param length bytes
/// @param dataset of the conversations; empty for documents
/// @param writtenAtMs Unix epoch, milliseconds
public record WrittenShard(
        String sha256,
        long length,
        ShardHeader.Kind kind,
        Split split,
        String tokenizer,
        long tokenizerVersion,
        String dataset,
        long writtenAtMs) {

    /// Whether a model learns from it or is measured on it.
    public enum Split {
        TRAIN,
        VALIDATION;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Override
    public String toString() {
        return "%s  %s, %s split%s, tokenizer %s:%d"
                .formatted(
                        sha256,
                        kind.name().toLowerCase(Locale.ROOT),
                        split,
                        dataset.isEmpty() ? "" : ", data set " + dataset,
                        tokenizer,
                        tokenizerVersion);
    }
}
