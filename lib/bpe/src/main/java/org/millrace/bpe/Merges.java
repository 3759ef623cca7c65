package org.millrace.bpe;

import java.util.Arrays;
import java.util.stream.IntStream;

/// The merges of a vocabulary by rank. [ShortWord] and [LongWord] apply them.
///
/// Immutable after construction and safe to share.
final class Merges {

    private static final long EMPTY = -1;
    private static final int BITS = 20;
    private static final int MASK = (1 << BITS) - 1;

    private final int[] byteTokens;
    private final int[] lefts;
    private final int[] rights;
    private final int[] results;
    /// Open addressing; each is `left << 40 | right << 20 | rank`, so that a question costs one line of memory.
    private final long[] slots;
    /// Ranks of the pairs of single bytes, `left << 8 | right`: where every word begins.
    private final int[] byteRanks = new int[1 << 16];
    private final boolean isMonotone;

    /// @param byteTokens id of each of the 256 bytes
    /// @param lefts, rights, results ids of each merge, by rank
    /// @throws IllegalArgumentException if a pair occurs twice
    Merges(int[] byteTokens, int[] lefts, int[] rights, int[] results) {
        this.byteTokens = byteTokens;
        this.lefts = lefts;
        this.rights = rights;
        this.results = results;
        int capacity = Integer.highestOneBit(Math.max(8, lefts.length * 2 - 1)) * 2;
        slots = new long[capacity];
        Arrays.fill(slots, EMPTY);
        for (int rank = 0; rank < lefts.length; rank++) {
            int known = rank(lefts[rank], rights[rank]);
            if (known >= 0) {
                throw new IllegalArgumentException("merges[%d]: the same pair as merges[%d]".formatted(rank, known));
            }
            long pair = pair(lefts[rank], rights[rank]);
            int slot = first(pair);
            while (slots[slot] != EMPTY) {
                slot = (slot + 1) & (slots.length - 1);
            }
            slots[slot] = pair << BITS | rank;
        }
        for (int i = 0; i < byteRanks.length; i++) {
            byteRanks[i] = rank(byteTokens[i >> 8], byteTokens[i & 0xFF]);
        }
        isMonotone = computeMonotone();
    }

    private boolean computeMonotone() {
        int[] made = new int
                [1
                        + IntStream.concat(Arrays.stream(byteTokens), Arrays.stream(results))
                                .max()
                                .orElse(0)];
        Arrays.fill(made, Integer.MAX_VALUE);
        for (int token : byteTokens) {
            made[token] = -1;
        }
        for (int rank = 0; rank < results.length; rank++) {
            made[results[rank]] = Math.min(made[results[rank]], rank);
            if (made[lefts[rank]] >= rank || made[rights[rank]] >= rank) {
                return false;
            }
        }
        return true;
    }

    int count() {
        return lefts.length;
    }

    int left(int rank) {
        return lefts[rank];
    }

    int right(int rank) {
        return rights[rank];
    }

    int result(int rank) {
        return results[rank];
    }

    int byteToken(int b) {
        return byteTokens[b];
    }

    /// The rank of a pair of tokens, or -1.
    int rank(int left, int right) {
        long pair = pair(left, right);
        for (int slot = first(pair); slots[slot] != EMPTY; slot = (slot + 1) & (slots.length - 1)) {
            if (slots[slot] >>> BITS == pair) {
                return (int) slots[slot] & MASK;
            }
        }
        return -1;
    }

    /// The rank of the pair of two bytes, or -1.
    int byteRank(byte left, byte right) {
        return byteRanks[(left & 0xFF) << 8 | right & 0xFF];
    }

    /// True if no merge makes a pair of lower rank possible: so it is if the merges were learned in this order.
    boolean isMonotone() {
        return isMonotone;
    }

    private static long pair(int left, int right) {
        return (long) left << BITS | right;
    }

    private int first(long pair) {
        return (int) (pair * 0x9E3779B97F4A7C15L >>> 40) & (slots.length - 1);
    }
}
