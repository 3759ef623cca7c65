package org.millrace.trainer;

import org.jspecify.annotations.Nullable;

/// A document or a conversation as token ids.
///
/// @param tokens at least 2: with one there is nothing to predict
/// @param targets which tokens the loss is on, same length; `null`: all but the first, as in a
///     document
/// @param textBytes UTF-8 bytes the tokens stand for, special tokens not counted
public record Example(int[] tokens, boolean @Nullable [] targets, int textBytes) {

    public Example {
        if (tokens.length < 2) {
            throw new IllegalArgumentException("tokens: expected at least 2, got " + tokens.length);
        }
        if (targets != null && targets.length != tokens.length) {
            throw new IllegalArgumentException(
                    "targets: expected %d, one a token, got %d".formatted(tokens.length, targets.length));
        }
        if (textBytes < 0) {
            throw new IllegalArgumentException("textBytes: expected at least 0, got " + textBytes);
        }
    }

    /// Every token but the first is a target.
    public static Example document(int[] tokens, int textBytes) {
        return new Example(tokens, null, textBytes);
    }

    /// The loss is on `targets`.
    public static Example conversation(int[] tokens, boolean[] targets, int textBytes) {
        return new Example(tokens, targets, textBytes);
    }

    /// Whether the loss is on token `i`. The first token has nothing before it to be predicted
    /// from.
    public boolean isTarget(int i) {
        return i > 0 && (targets == null || targets[i]);
    }
}
