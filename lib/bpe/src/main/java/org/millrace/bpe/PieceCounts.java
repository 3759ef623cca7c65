package org.millrace.bpe;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.SecureRandom;
import java.util.Arrays;

/// How often each piece of text was seen. Open addressing; the bytes of all different pieces stand behind one
/// another. For one thread. Pieces come from pages of strangers, so their hash has a secret: nobody can write a page
/// whose pieces all want the same slot.
final class PieceCounts {

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int NONE = -1;
    /// Odd, so that no difference of two texts is lost in a product.
    private static final long SECRET = new SecureRandom().nextLong() | 1;

    private final Splitter splitter;
    private byte[] bytes = new byte[1 << 12];
    /// Where each piece ends in [#bytes]; the one before it ends where it starts.
    private int[] ends = new int[1 << 8];
    private long[] counts = new long[1 << 8];
    private int size;
    private int[] slots = new int[1 << 10];

    PieceCounts(Splitter splitter) {
        this.splitter = splitter;
        Arrays.fill(slots, NONE);
    }

    /// Counts all pieces of a text.
    void add(byte[] text) {
        for (int start = 0; start < text.length; ) {
            int end = splitter.end(text, start, text.length);
            add(text, start, end, 1);
            start = end;
        }
    }

    /// Adds what another has counted.
    void add(PieceCounts other) {
        for (int piece = 0; piece < other.size; piece++) {
            add(other.bytes, other.start(piece), other.end(piece), other.counts[piece]);
        }
    }

    private void add(byte[] text, int start, int end, long times) {
        int slot = hash(text, start, end) & (slots.length - 1);
        for (; slots[slot] != NONE; slot = (slot + 1) & (slots.length - 1)) {
            int piece = slots[slot];
            if (Arrays.equals(bytes, start(piece), end(piece), text, start, end)) {
                counts[piece] += times;
                return;
            }
        }
        slots[slot] = size;
        append(text, start, end, times);
        if (2 * size > slots.length) {
            grow();
        }
    }

    private void append(byte[] text, int start, int end, long times) {
        int from = totalBytes();
        int to = from + end - start;
        if (to < 0) {
            throw new IllegalStateException("different pieces of text: expected less than 2 GiB of them, got more");
        }
        if (to > bytes.length) {
            bytes = Arrays.copyOf(bytes, (int) Math.clamp(2L * bytes.length, to, Integer.MAX_VALUE - 8));
        }
        if (size == ends.length) {
            ends = Arrays.copyOf(ends, 2 * size);
            counts = Arrays.copyOf(counts, 2 * size);
        }
        System.arraycopy(text, start, bytes, from, end - start);
        ends[size] = to;
        counts[size++] = times;
    }

    private void grow() {
        slots = new int[2 * slots.length];
        Arrays.fill(slots, NONE);
        for (int piece = 0; piece < size; piece++) {
            int slot = hash(bytes, start(piece), end(piece)) & (slots.length - 1);
            while (slots[slot] != NONE) {
                slot = (slot + 1) & (slots.length - 1);
            }
            slots[slot] = piece;
        }
    }

    private static int hash(byte[] text, int start, int end) {
        long hash = end - start;
        int at = start;
        for (; at + 8 <= end; at += 8) {
            hash = folded(hash ^ (long) LONGS.get(text, at));
        }
        long rest = 0;
        for (; at < end; at++) {
            rest = rest << 8 | text[at] & 0xFF;
        }
        return (int) (folded(hash ^ rest) >>> 32);
    }

    /// Both halves of the 128 bits of a product with the secret. Where a text's difference goes in the upper one
    /// depends on the secret, unlike in the lower.
    private static long folded(long value) {
        return value * SECRET ^ Math.multiplyHigh(value, SECRET);
    }

    /// Number of different pieces.
    int size() {
        return size;
    }

    /// Of all different pieces together.
    int totalBytes() {
        return size == 0 ? 0 : ends[size - 1];
    }

    int start(int piece) {
        return piece == 0 ? 0 : ends[piece - 1];
    }

    int end(int piece) {
        return ends[piece];
    }

    /// A byte of the pieces, which stand behind one another.
    int at(int place) {
        return bytes[place] & 0xFF;
    }

    long count(int piece) {
        return counts[piece];
    }
}
