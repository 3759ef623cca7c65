package org.millrace.checkpoint;

import org.jspecify.annotations.Nullable;

/// What somebody wants of a model's shape, where [ModelConfig#ofDepth] would derive it.
///
/// @param layers blocks; 0: derived
/// @param width channels; 0: derived
/// @param heads query heads; 0: derived
/// @param kvHeads key and value heads, a divisor of the heads; 0: derived
/// @param hidden channels between gate/up and down projections; 0: derived
/// @param ropeTheta base of the rotation's frequencies; 0: derived
/// @param qkNorm RMSNorm of each head's query and key; null: derived, for `false` is an answer
/// @param tied whether the output projection is the embedding; null: derived
public record Shape(
        int layers,
        int width,
        int heads,
        int kvHeads,
        int hidden,
        double ropeTheta,
        @Nullable Boolean qkNorm,
        @Nullable Boolean tied) {

    /// All but the width is derived.
    public static Shape ofWidth(int width) {
        return new Shape(0, width, 0, 0, 0, 0, null, null);
    }
}
