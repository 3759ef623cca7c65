package org.millrace.cli.model.gguf;

import java.nio.FloatBuffer;
import org.millrace.checkpoint.TensorSource;

/// A projection of queries or keys with its rows as ggml's `llama` wants them. There channel 2i of a head turns
/// with channel 2i + 1; in Hugging Face's files channel i turns with channel i + D/2.
///
/// @param base (heads·D, C)
/// @param headWidth D
record Interleaved(TensorSource base, int headWidth) implements TensorSource {

    @Override
    public long[] shape() {
        return base.shape();
    }

    @Override
    public void read(long from, FloatBuffer into) {
        int width = (int) base.shape()[1];
        int end = into.limit();
        for (long at = from; into.position() < end; ) {
            int row = (int) (at / width);
            int column = (int) (at % width);
            int count = Math.min(width - column, end - into.position());
            into.limit(into.position() + count);
            base.read((long) source(row) * width + column, into);
            into.limit(end);
            at += count;
        }
    }

    /// The row of the base that stands in a place.
    private int source(int row) {
        int channel = row % headWidth;
        return row - channel + channel % 2 * (headWidth / 2) + channel / 2;
    }
}
