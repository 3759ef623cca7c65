package org.millrace.cleaner.rule;

import org.millrace.cleaner.language.Tokens;

/// Repeated n-grams of a text, by 64-bit hashes of running sums: no n-gram is ever made a string, and
/// each costs the same whatever n is. Two that differ are taken for equal once in 2^64.
final class Ngrams {

    private static final long FACTOR = 0x9E3779B97F4A7C15L;

    private final Tokens tokens;

    /// Hash of the first i tokens; of their hashes, so that "a bc" is not "ab c".
    private final long[] sequence;

    /// Hash of the first i tokens' characters, and how many these are.
    private final long[] characters;

    private final int[] lengths;
    private final HashCounts counts;

    Ngrams(Tokens tokens) {
        this.tokens = tokens;
        int size = tokens.size();
        sequence = new long[size + 1];
        characters = new long[size + 1];
        lengths = new int[size + 1];
        for (int i = 0; i < size; i++) {
            sequence[i + 1] = sequence[i] * FACTOR + tokens.hash(i);
            characters[i + 1] = tokens.extend(characters[i], FACTOR, i);
            lengths[i + 1] = lengths[i] + tokens.length(i);
        }
        counts = new HashCounts(size);
    }

    /// Length of the most frequent n-gram, its words joined by spaces, times its occurrences. Of equally
    /// frequent ones the earliest counts; 0 if none occurs twice.
    int topCharacters(int n) {
        counts.clear();
        long power = power(FACTOR, n);
        int most = 1;
        int top = -1;
        int grams = tokens.size() - n + 1;
        for (int i = 0; i < grams; i++) {
            most = Math.max(most, counts.increment(sequence[i + n] - sequence[i] * power));
        }
        for (int i = 0; i < grams && most > 1 && top < 0; i++) {
            top = counts.get(sequence[i + n] - sequence[i] * power) == most ? i : -1;
        }
        return top < 0 ? 0 : (lengths[top + n] - lengths[top] + n - 1) * most;
    }

    /// Characters of repeated n-grams, their words joined by nothing. Greedy from the left: a repeat counts,
    /// and the scan goes on behind it.
    int duplicatedCharacters(int n) {
        counts.clear();
        int duplicated = 0;
        int i = 0;
        while (i + n <= tokens.size()) {
            int length = lengths[i + n] - lengths[i];
            if (counts.increment(characters[i + n] - characters[i] * power(FACTOR, length)) == 1) {
                i++;
            } else {
                duplicated += length;
                i += n;
            }
        }
        return duplicated;
    }

    private static long power(long base, int exponent) {
        long result = 1;
        long square = base;
        for (int rest = exponent; rest > 0; rest >>= 1) {
            result = (rest & 1) == 1 ? result * square : result;
            square *= square;
        }
        return result;
    }

    /// How often each hash was met. Cleared by a change of generation, not by writing zeros.
    private static final class HashCounts {

        private final long[] keys;
        private final int[] counts;
        private final int[] generations;
        private int generation;

        /// @param most different hashes
        HashCounts(int most) {
            int capacity = Math.max(16, Integer.highestOneBit(Math.max(1, most)) * 4);
            keys = new long[capacity];
            counts = new int[capacity];
            generations = new int[capacity];
        }

        void clear() {
            generation++;
        }

        int increment(long key) {
            int slot = slot(key);
            if (generations[slot] != generation) {
                generations[slot] = generation;
                keys[slot] = key;
                counts[slot] = 0;
            }
            return ++counts[slot];
        }

        int get(long key) {
            int slot = slot(key);
            return generations[slot] == generation ? counts[slot] : 0;
        }

        private int slot(long key) {
            int mask = keys.length - 1;
            int slot = (int) ((key ^ key >>> 32) * FACTOR >>> 33) & mask;
            while (generations[slot] == generation && keys[slot] != key) {
                slot = (slot + 1) & mask;
            }
            return slot;
        }
    }
}
