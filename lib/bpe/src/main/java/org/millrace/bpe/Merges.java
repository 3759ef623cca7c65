package org.millrace.bpe;

import java.util.Arrays;

/// The merges of a vocabulary by rank, and how a word of bytes becomes tokens by them: the pair of
/// lowest rank, leftmost first, becomes one token, until no pair has a rank.
///
/// Immutable after construction and safe to share.
///
/// - **Cost:** `n log n` for a word of n bytes: a heap of candidate pairs over a linked list. A
/// pair
///   that was overtaken by another merge is recognised when it comes out of the heap.
final class Merges {

    private static final long EMPTY = -1;

    private final int[] byteTokens;
    private final int[] lefts;
    private final int[] rights;
    private final int[] results;
    /// Open addressing: pair of tokens to rank.
    private final long[] pairs;
    private final int[] ranks;

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

    int[] apply(byte[] word) {
        int length = word.length;
        int[] tokens = new int[length];
        for (int i = 0; i < length; i++) {
            tokens[i] = byteTokens[word[i] & 0xFF];
        }
        if (length < 2) {
            return tokens;
        }
        int[] next = new int[length];
        int[] previous = new int[length];
        Candidates candidates = new Candidates(length);
        for (int i = 0; i < length; i++) {
            next[i] = i + 1;
            previous[i] = i - 1;
            if (i + 1 < length) {
                candidates.add(rank(tokens[i], tokens[i + 1]), i);
            }
        }
        int left = length;
        while (!candidates.isEmpty()) {
            long candidate = candidates.removeFirst();
            int at = (int) candidate;
            int rank = (int) (candidate >> 32);
            int after = tokens[at] < 0 ? length : next[at];
            if (after == length || rank(tokens[at], tokens[after]) != rank) {
                continue; // overtaken
            }
            tokens[at] = results[rank];
            tokens[after] = -1;
            next[at] = next[after];
            left--;
            if (next[at] < length) {
                previous[next[at]] = at;
                candidates.add(rank(tokens[at], tokens[next[at]]), at);
            }
            if (previous[at] >= 0) {
                candidates.add(rank(tokens[previous[at]], tokens[at]), previous[at]);
            }
        }
        int[] merged = new int[left];
        int to = 0;
        for (int at = 0; at < length; at = next[at]) {
            merged[to++] = tokens[at];
        }
        return merged;
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

    /// Binary heap of `rank << 32 | place`, smallest first.
    private static final class Candidates {

        private long[] heap;
        private int size;

        Candidates(int capacity) {
            heap = new long[capacity];
        }

        boolean isEmpty() {
            return size == 0;
        }

        void add(int rank, int place) {
            if (rank < 0) {
                return;
            }
            if (size == heap.length) {
                heap = Arrays.copyOf(heap, size * 2);
            }
            long value = (long) rank << 32 | place;
            int at = size++;
            while (at > 0 && heap[(at - 1) >> 1] > value) {
                heap[at] = heap[(at - 1) >> 1];
                at = (at - 1) >> 1;
            }
            heap[at] = value;
        }

        long removeFirst() {
            long first = heap[0];
            long last = heap[--size];
            int at = 0;
            while (2 * at + 1 < size) {
                int child = 2 * at + 1;
                if (child + 1 < size && heap[child + 1] < heap[child]) {
                    child++;
                }
                if (heap[child] >= last) {
                    break;
                }
                heap[at] = heap[child];
                at = child;
            }
            heap[at] = last;
            return first;
        }
    }
}
