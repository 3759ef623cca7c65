package org.millrace.shards;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A document or a conversation as token ids.
///
/// @param id which one it is, at most 65,535 bytes in UTF-8
/// @param tokens its ids, at least one
/// @param targets as long as `tokens`: which ids the model is to learn; null: every one
/// @param textBytes UTF-8 bytes of the text the ids stand for, special tokens not counted
@SuppressWarnings("ArrayRecordComponent") // made once and handed on; equality is defined below
public record Sequence(String id, int[] tokens, boolean @Nullable [] targets, int textBytes) {

    public Sequence {
        if (tokens.length == 0) {
            throw new IllegalArgumentException("tokens: expected at least 1, got 0");
        }
        if (targets != null && targets.length != tokens.length) {
            throw new IllegalArgumentException(
                    "targets: expected %d, one per token, got %d".formatted(tokens.length, targets.length));
        }
        if (textBytes < 0) {
            throw new IllegalArgumentException("textBytes: expected at least 0, got " + textBytes);
        }
    }

    /// A sequence of which the model is to learn every id.
    public Sequence(String id, int[] tokens, int textBytes) {
        this(id, tokens, null, textBytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Sequence that
                && id.equals(that.id)
                && Arrays.equals(tokens, that.tokens)
                && Arrays.equals(targets, that.targets)
                && textBytes == that.textBytes;
    }

    @Override
    public int hashCode() {
        return Objects.hash(id, Arrays.hashCode(tokens), Arrays.hashCode(targets), textBytes);
    }

    @Override
    public String toString() {
        return "Sequence[id=%s, tokens=%s, targets=%s, textBytes=%d]"
                .formatted(id, Arrays.toString(tokens), Arrays.toString(targets), textBytes);
    }
}
