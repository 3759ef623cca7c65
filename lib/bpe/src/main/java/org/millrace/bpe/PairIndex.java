package org.millrace.bpe;

import java.util.Arrays;

/// Numbers the pairs of tokens in the order in which they come up, and keeps for each how often it stands in the
/// text and where it may. For one thread.
final class PairIndex {

    private static final int NONE = -1;

    private long[] pairs = new long[1 << 12];
    private long[] counts = new long[1 << 12];
    private int[][] places = new int[1 << 12][];
    private int[] sizes = new int[1 << 12];
    private int size;
    private int[] slots = new int[1 << 14];

    PairIndex() {
        Arrays.fill(slots, NONE);
    }

    static long pair(int left, int right) {
        return (long) left << 32 | right;
    }

    int left(int number) {
        return (int) (pairs[number] >> 32);
    }

    int right(int number) {
        return (int) pairs[number];
    }

    int size() {
        return size;
    }

    long count(int number) {
        return counts[number];
    }

    /// The number of a pair that has one.
    int number(int left, int right) {
        return slots[slot(pair(left, right))];
    }

    /// The pair stands at one place more.
    ///
    /// @return its number
    int see(int left, int right, int place, long times) {
        int slot = slot(pair(left, right));
        int number = slots[slot];
        if (number == NONE) {
            number = size;
            slots[slot] = number;
            append(pair(left, right));
        }
        if (sizes[number] == places[number].length) {
            places[number] = Arrays.copyOf(places[number], 2 * sizes[number]);
        }
        places[number][sizes[number]++] = place;
        counts[number] += times;
        return number;
    }

    void forget(int number, long times) {
        counts[number] -= times;
    }

    /// Where the pair may stand, in the order of the text; it stands nowhere from now on.
    int[] removePlaces(int number) {
        int[] removed = Arrays.copyOf(places[number], sizes[number]);
        Arrays.sort(removed);
        places[number] = new int[1];
        sizes[number] = 0;
        counts[number] = 0;
        return removed;
    }

    private void append(long pair) {
        if (size == pairs.length) {
            pairs = Arrays.copyOf(pairs, 2 * size);
            counts = Arrays.copyOf(counts, 2 * size);
            places = Arrays.copyOf(places, 2 * size);
            sizes = Arrays.copyOf(sizes, 2 * size);
        }
        pairs[size] = pair;
        places[size++] = new int[1];
        if (2 * size > slots.length) {
            slots = new int[2 * slots.length];
            Arrays.fill(slots, NONE);
            for (int number = 0; number < size; number++) {
                slots[slot(pairs[number])] = number;
            }
        }
    }

    private int slot(long pair) {
        long hash = pair * 0x9E3779B97F4A7C15L;
        int slot = (int) (hash >>> 32) & (slots.length - 1);
        while (slots[slot] != NONE && pairs[slots[slot]] != pair) {
            slot = (slot + 1) & (slots.length - 1);
        }
        return slot;
    }
}
