package org.millrace.checkpoint;

import java.nio.FloatBuffer;

/// A tensor that is read piece by piece, wherever its numbers lie: models are larger than memory.
public interface TensorSource {

    /// Extents, outermost first.
    long[] shape();

    /// Fills a buffer, from its position to its limit, with the numbers from `from` on in row-major order,
    /// as fp32.
    void read(long from, FloatBuffer into);

    /// How many numbers there are.
    default long count() {
        long count = 1;
        for (long extent : shape()) {
            count = Math.multiplyExact(count, extent);
        }
        return count;
    }
}
