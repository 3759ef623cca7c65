package org.millrace.bpe;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;

/// The merges of a vocabulary by rank. [ShortWord] and [LongWord] apply them.
///
/// Immutable after construction and safe to share.
final class Merges {

    private static final long EMPTY = -1;
    private static final int BITS = 20;
    private static final int MASK = (1 << BITS) - 1;

    /// Ranks are below it: they share a slot with their pair.
    static final int MOST = 1 << BITS;

    private final int[] byteTokens;
    private final int[] lefts;
    private final int[] rights;
    private final int[] results;
    /// Open addressing; each is `left << 40 | right << 20 | rank`, so that a question costs one line of memory.
    private final long[] slots;
    /// Ranks of the pairs of single bytes, `left << 8 | right`: where every word begins.
    private final int[] byteRanks = new int[1 << 16];
    private final boolean isMonotone;
    private final BitSet overlaps = new BitSet();

    /// Merges of which each has a rank of its own.
    ///
    /// @param byteTokens id of each of the 256 bytes
    /// @param lefts, rights, results ids of each merge, by rank
    /// @throws IllegalArgumentException if a pair occurs twice
    Merges(int[] byteTokens, int[] lefts, int[] rights, int[] results) {
        this(byteTokens, lefts, rights, IntStream.range(0, lefts.length).toArray(), results);
    }

    /// @param lefts, rights ids of each pair
    /// @param pairRanks of the pairs, ascending from 0 without a gap: pairs that spell one token may share one
    /// @param results id of the token that a merge of each rank makes
    Merges(int[] byteTokens, int[] lefts, int[] rights, int[] pairRanks, int[] results) {
        this.byteTokens = byteTokens;
        this.lefts = lefts;
        this.rights = rights;
        this.results = results;
        int capacity = Integer.highestOneBit(Math.max(8, lefts.length * 2 - 1)) * 2;
        slots = new long[capacity];
        Arrays.fill(slots, EMPTY);
        for (int i = 0; i < lefts.length; i++) {
            if (rank(lefts[i], rights[i]) >= 0) {
                throw new IllegalArgumentException("merges[%d]: the same pair as merges[%d]".formatted(i, before(i)));
            }
            long pair = pair(lefts[i], rights[i]);
            int slot = first(pair);
            while (slots[slot] != EMPTY) {
                slot = (slot + 1) & (slots.length - 1);
            }
            slots[slot] = pair << BITS | pairRanks[i];
            if (lefts[i] == rights[i] || i > 0 && pairRanks[i] == pairRanks[i - 1]) {
                overlaps.set(pairRanks[i]);
            }
        }
        fillByteRanks(pairRanks);
        isMonotone = computeMonotone(pairRanks);
    }

    private void fillByteRanks(int[] pairRanks) {
        Map<Integer, Integer> bytes = new HashMap<>();
        for (int b = 0; b < byteTokens.length; b++) {
            bytes.put(byteTokens[b], b);
        }
        Arrays.fill(byteRanks, -1);
        for (int i = 0; i < lefts.length; i++) {
            Integer left = bytes.get(lefts[i]);
            Integer right = bytes.get(rights[i]);
            if (left != null && right != null) {
                byteRanks[left << 8 | right] = pairRanks[i];
            }
        }
    }

    private int before(int i) {
        int same = 0;
        while (lefts[same] != lefts[i] || rights[same] != rights[i]) {
            same++;
        }
        return same;
    }

    private boolean computeMonotone(int[] pairRanks) {
        int[] last = new int
                [1
                        + IntStream.concat(Arrays.stream(byteTokens), Arrays.stream(results))
                                .max()
                                .orElse(0)];
        Arrays.fill(last, -1);
        for (int rank = 0; rank < results.length; rank++) {
            last[results[rank]] = rank;
        }
        for (int i = 0; i < lefts.length; i++) {
            if (last[lefts[i]] >= pairRanks[i] || last[rights[i]] >= pairRanks[i]) {
                return false;
            }
        }
        return true;
    }

    /// Number of pairs.
    int count() {
        return lefts.length;
    }

    int left(int i) {
        return lefts[i];
    }

    int right(int i) {
        return rights[i];
    }

    /// Number of ranks.
    int ranks() {
        return results.length;
    }

    int result(int rank) {
        return results[rank];
    }

    /// Whether two places of this rank may share a token, so that it matters which is merged first.
    boolean mayOverlap(int rank) {
        return overlaps.get(rank);
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
