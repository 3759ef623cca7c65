package org.millrace.onnx;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;

/// Weights in 16 bits (IEEE 754 binary16): off by 2⁻¹¹ of the number at most, or by 2⁻²⁵ below 2⁻¹⁴.
final class Halves {

    private Halves() {}

    /// @param name of the weight
    /// @param arena for the result
    /// @throws IOException if a number is larger than fp16 has
    static Weight.Half of(String name, long[] shape, FloatBuffer values, Arena arena) throws IOException {
        ShortBuffer halves = arena.allocate(ValueLayout.JAVA_SHORT, values.remaining())
                .asByteBuffer()
                .order(ByteOrder.nativeOrder())
                .asShortBuffer();
        for (int i = values.position(); i < values.limit(); i++) {
            short half = Float.floatToFloat16(values.get(i));
            if (Float.isInfinite(Float.float16ToFloat(half))) {
                throw new IOException(
                        "weight %s: expected at most 65504 for fp16, got %s".formatted(name, values.get(i)));
            }
            halves.put(half);
        }
        return new Weight.Half(shape, halves.flip());
    }
}
