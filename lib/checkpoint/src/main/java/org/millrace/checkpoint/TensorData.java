package org.millrace.checkpoint;

import java.nio.FloatBuffer;

/// A tensor in memory: row-major values, fp32.
///
/// @param shape extents, outermost first; each at least 1
/// @param values as many as the shape holds, from the buffer's position to its limit
public record TensorData(long[] shape, FloatBuffer values) implements TensorSource {

    public TensorData {
        long count = 1;
        for (long extent : shape) {
            if (extent < 1) {
                throw new IllegalArgumentException("shape: expected extents of at least 1, got " + extent);
            }
            count = Math.multiplyExact(count, extent);
        }
        if (count != values.remaining()) {
            throw new IllegalArgumentException(
                    "values: expected %d as the shape says, got %d".formatted(count, values.remaining()));
        }
    }

    @Override
    public void read(long from, FloatBuffer into) {
        into.put(values.slice(values.position() + Math.toIntExact(from), into.remaining()));
    }
}
