package org.millrace.cleaner.duplicate;

/// Maps 64-bit keys to numbers from 0 up, in two flat arrays: an entry costs 16 to 32 bytes where
/// `HashMap<Long, Integer>` costs about 80.
final class KeyTable {

    static final int ABSENT = -1;

    private long[] keys = new long[1024];
    private int[] values = new int[1024]; // number + 1, so that a fresh array is empty
    private int size;

    int get(long key) {
        int value = values[slot(keys, values, key)];
        return value - 1;
    }

    /// The first number of a key stays.
    void putIfAbsent(long key, int number) {
        int slot = slot(keys, values, key);
        if (values[slot] != 0) {
            return;
        }
        keys[slot] = key;
        values[slot] = number + 1;
        size++;
        if (size > keys.length / 4 * 3) {
            grow();
        }
    }

    private void grow() {
        long[] largerKeys = new long[keys.length * 2];
        int[] largerValues = new int[keys.length * 2];
        for (int i = 0; i < keys.length; i++) {
            if (values[i] != 0) {
                int slot = slot(largerKeys, largerValues, keys[i]);
                largerKeys[slot] = keys[i];
                largerValues[slot] = values[i];
            }
        }
        keys = largerKeys;
        values = largerValues;
    }

    /// Where the key is, or the free slot where it belongs. Keys are hashes already.
    private static int slot(long[] keys, int[] values, long key) {
        int mask = keys.length - 1;
        int slot = (int) (key ^ (key >>> 32)) & mask;
        while (values[slot] != 0 && keys[slot] != key) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }
}
