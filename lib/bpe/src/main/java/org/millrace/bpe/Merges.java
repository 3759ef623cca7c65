package org.millrace.bpe;

import java.util.Arrays;
import java.util.stream.IntStream;

/// The merges of a vocabulary by rank. [ShortWord] and [LongWord] apply them.
///
/// Immutable after construction and safe to share.
final class Merges {

    private static final long EMPTY = -1;

    private final int[] byteTokens;
    private final int[] lefts;
    private final int[] rights;
    private final int[] results;
    /// Open addressing: pair of tokens to rank.
    private final long[] pairs;
    private final int[] ranks;
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
        pairs = new long[capacity];
        ranks = new int[capacity];
        Arrays.fill(pairs, EMPTY);
        for (int rank = 0; rank < lefts.length; rank++) {
            long pair = pair(lefts[rank], rights[rank]);
            int slot = slot(pair);
            if (pairs[slot] == pair) {
                throw new IllegalArgumentException(
                        "merges[%d]: the same pair as merges[%d]".formatted(rank, ranks[slot]));
            }
            pairs[slot] = pair;
            ranks[slot] = rank;
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
        int slot = slot(pair);
        return pairs[slot] == pair ? ranks[slot] : -1;
    }

    /// True if no merge makes a pair of lower rank possible: so it is if the merges were learned in this order.
    boolean isMonotone() {
        return isMonotone;
    }

    private static long pair(int left, int right) {
        return (long) left << 32 | right;
    }

    private int slot(long pair) {
        long hash = pair * 0x9E3779B97F4A7C15L;
        int slot = (int) (hash >>> 32) & (pairs.length - 1);
        while (pairs[slot] != EMPTY && pairs[slot] != pair) {
            slot = (slot + 1) & (pairs.length - 1);
        }
        return slot;
    }
}
