package org.millrace.inference;

import java.nio.FloatBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/// A decoder that is known to be open.
final class Counted implements Decoder {

    private final Decoder decoder;
    private final AtomicInteger open;

    Counted(Decoder decoder, AtomicInteger open) {
        this.decoder = decoder;
        this.open = open;
        open.incrementAndGet();
    }

    @Override
    public FloatBuffer read(int first, int[][] prompts) {
        return decoder.read(first, prompts);
    }

    @Override
    public FloatBuffer step(int rows, int[] tokens, int[] before) {
        return decoder.step(rows, tokens, before);
    }

    @Override
    public FloatBuffer extend(int row, int before, int[] tokens, int wanted) {
        return decoder.extend(row, before, tokens, wanted);
    }

    @Override
    public void copy(int from, int to, int length) {
        decoder.copy(from, to, length);
    }

    @Override
    public void swap(int a, int lengthOfA, int b, int lengthOfB) {
        decoder.swap(a, lengthOfA, b, lengthOfB);
    }

    @Override
    public void close() {
        decoder.close();
        open.decrementAndGet();
    }
}
