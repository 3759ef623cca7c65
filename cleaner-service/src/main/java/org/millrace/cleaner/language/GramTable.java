package org.millrace.cleaner.language;

import java.util.Arrays;

/// Numbers n-grams of one to three characters from 0 up. Text is looked up character by character,
/// without making a string of each.
final class GramTable {

    static final int ABSENT = -1;

    private long[] keys = new long[1 << 12];
    private int[] numbers = new int[1 << 12];
    private int size;

    GramTable() {
        Arrays.fill(numbers, ABSENT);
    }

    static long key(char only) {
        return only;
    }

    static long key(char first, char second) {
        return (long) first << 16 | second;
    }

    static long key(char first, char second, char third) {
        return (long) first << 32 | (long) second << 16 | third;
    }

    /// @param gram one to three characters
    static long key(String gram) {
        long key = 0;
        for (int i = 0; i < gram.length(); i++) {
            key = key << 16 | gram.charAt(i);
        }
        return key;
    }

    int get(long key) {
        return numbers[slot(keys, numbers, key)];
    }

    void put(long key) {
        int slot = slot(keys, numbers, key);
        if (numbers[slot] != ABSENT) {
            return;
        }
        keys[slot] = key;
        numbers[slot] = size++;
        if (size > keys.length / 2) {
            grow();
        }
    }

    int size() {
        return size;
    }

    private void grow() {
        long[] largerKeys = new long[2 * keys.length];
        int[] largerNumbers = new int[2 * keys.length];
        Arrays.fill(largerNumbers, ABSENT);
        for (int i = 0; i < keys.length; i++) {
            if (numbers[i] != ABSENT) {
                int slot = slot(largerKeys, largerNumbers, keys[i]);
                largerKeys[slot] = keys[i];
                largerNumbers[slot] = numbers[i];
            }
        }
        keys = largerKeys;
        numbers = largerNumbers;
    }

    private static int slot(long[] keys, int[] numbers, long key) {
        int mask = keys.length - 1;
        int slot = (int) ((key * 0x9E3779B97F4A7C15L) >>> 40) & mask;
        while (numbers[slot] != ABSENT && keys[slot] != key) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }
}
