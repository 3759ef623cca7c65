package org.millrace.bpe;

import java.util.Arrays;

/// A conversation as ids, and which of them the model is to learn.
///
/// @param ids of the whole conversation
/// @param target as long as `ids`: true for the assistant's text and the token that ends its turn
@SuppressWarnings("ArrayRecordComponent") // made once and handed on; equality is defined below
public record Rendered(int[] ids, boolean[] target) {

    public Rendered {
        if (ids.length != target.length) {
            throw new IllegalArgumentException(
                    "target: expected %d values, one per id, got %d".formatted(ids.length, target.length));
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Rendered(int[] otherIds, boolean[] otherTarget)
                && Arrays.equals(ids, otherIds)
                && Arrays.equals(target, otherTarget);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(ids) + Arrays.hashCode(target);
    }

    @Override
    public String toString() {
        return "Rendered[ids=%s, target=%s]".formatted(Arrays.toString(ids), Arrays.toString(target));
    }
}
