package org.millrace.bpe;

import java.util.Arrays;

/// The ids of pieces that were seen lately. Words follow Zipf's law: the first some ten thousand are nearly
/// all of a text. For one thread.
///
/// A piece of less than 8 × `words` bytes is its own key: its bytes as little-endian words, and its length in
/// the last byte. Open addressing; a slot is the key's words and one for the ids, which lies beside them:
///
/// ```text
/// up to 3 ids:  id₂ (20 bits) | id₁ (20) | id₀ (20) | count (2)
/// more:         offset of [count, ids…] in a pool << 2
/// ```
final class PieceCache {

    private static final int ID_BITS = 20;
    private static final int ID_MASK = (1 << ID_BITS) - 1;
    private static final int FIRST_SLOTS = 1 << 8;

    private final int words;
    private final int mostPieces;
    private long[] slots;
    private int mask;
    private int pieces;
    private int[] pool = new int[64];
    private int pooled;

    /// @param words of 8 bytes that a key takes, 2 or 4
    /// @param mostPieces kept; a power of two
    PieceCache(int words, int mostPieces) {
        this.words = words;
        this.mostPieces = mostPieces;
        slots = new long[FIRST_SLOTS * (words + 1)];
        mask = FIRST_SLOTS - 1;
    }

    int size() {
        return pieces;
    }

    /// Where a piece's slot begins, which is free if the piece is not there.
    int find(long k0, long k1, long k2, long k3) {
        long hash = (k0 ^ Long.rotateLeft(k1, 29) ^ Long.rotateLeft(k2, 41) ^ Long.rotateLeft(k3, 13))
                * 0x9E3779B97F4A7C15L;
        hash ^= hash >>> 32;
        for (int slot = (int) hash & mask; ; slot = (slot + 1) & mask) {
            int at = slot * (words + 1);
            // The length is in the last word, so that no key is all zeros there.
            boolean isFree = slots[at + words - 1] == 0;
            if (isFree
                    || slots[at] == k0
                            && slots[at + 1] == k1
                            && (words == 2 || slots[at + 2] == k2 && slots[at + 3] == k3)) {
                return at;
            }
        }
    }

    boolean isFree(int at) {
        return slots[at + words - 1] == 0;
    }

    /// Copies the ids at a slot.
    ///
    /// @return how many
    int copy(int at, int[] to, int offset) {
        long value = slots[at + words];
        int count = (int) value & 3;
        if (count == 0) {
            int from = (int) (value >>> 2);
            System.arraycopy(pool, from + 1, to, offset, pool[from]);
            return pool[from];
        }
        to[offset] = (int) (value >>> 2) & ID_MASK;
        if (count > 1) {
            to[offset + 1] = (int) (value >>> 2 + ID_BITS) & ID_MASK;
            if (count > 2) {
                to[offset + 2] = (int) (value >>> 2 + 2 * ID_BITS) & ID_MASK;
            }
        }
        return count;
    }

    /// Remembers the ids of a piece that is not there. A full cache begins anew.
    void add(long k0, long k1, long k2, long k3, int[] ids, int offset, int count) {
        if (pieces == mostPieces) {
            Arrays.fill(slots, 0);
            pieces = 0;
            pooled = 0;
        } else if (2 * (pieces + 1) > mask) {
            grow();
        }
        put(k0, k1, k2, k3, value(ids, offset, count));
        pieces++;
    }

    private void put(long k0, long k1, long k2, long k3, long value) {
        int at = find(k0, k1, k2, k3);
        slots[at] = k0;
        slots[at + 1] = k1;
        if (words > 2) {
            slots[at + 2] = k2;
            slots[at + 3] = k3;
        }
        slots[at + words] = value;
    }

    private long value(int[] ids, int offset, int count) {
        if (count > 3) {
            if (pooled + count + 1 > pool.length) {
                pool = Arrays.copyOf(pool, 2 * (pooled + count + 1));
            }
            int at = pooled;
            pool[at] = count;
            System.arraycopy(ids, offset, pool, at + 1, count);
            pooled += count + 1;
            return (long) at << 2;
        }
        long value = count;
        for (int i = 0; i < count; i++) {
            value |= (long) ids[offset + i] << 2 + i * ID_BITS;
        }
        return value;
    }

    private void grow() {
        long[] old = slots;
        slots = new long[2 * old.length];
        mask = 2 * mask + 1;
        for (int at = 0; at < old.length; at += words + 1) {
            if (old[at + words - 1] != 0) {
                put(old[at], old[at + 1], words > 2 ? old[at + 2] : 0, words > 2 ? old[at + 3] : 0, old[at + words]);
            }
        }
    }
}
