package org.millrace.cli.data;

/// A set of texts that keeps eight bytes of each: 12 to 24 bytes of memory a text, whatever its length.
/// Two of a million texts are taken for one with a probability of 3 in 10⁸.
public final class Fingerprints {

    /// Open addressing, linear probing; 0 marks a free place.
    private long[] table = new long[1 << 10];

    private int size;

    /// @return whether it was not there yet
    public boolean add(String text) {
        if (3 * (size + 1) > 2 * table.length) {
            grow();
        }
        boolean isNew = put(table, fingerprint(text));
        size += isNew ? 1 : 0;
        return isNew;
    }

    public boolean contains(String text) {
        long wanted = fingerprint(text);
        int mask = table.length - 1;
        for (int at = (int) wanted & mask; table[at] != 0; at = at + 1 & mask) {
            if (table[at] == wanted) {
                return true;
            }
        }
        return false;
    }

    int size() {
        return size;
    }

    private void grow() {
        long[] larger = new long[2 * table.length];
        for (long fingerprint : table) {
            if (fingerprint != 0) {
                put(larger, fingerprint);
            }
        }
        table = larger;
    }

    private static boolean put(long[] table, long fingerprint) {
        int mask = table.length - 1;
        int at = (int) fingerprint & mask;
        while (table[at] != 0) {
            if (table[at] == fingerprint) {
                return false;
            }
            at = at + 1 & mask;
        }
        table[at] = fingerprint;
        return true;
    }

    private static long fingerprint(String text) {
        long fingerprint = Fingerprint.of(text);
        return fingerprint == 0 ? 1 : fingerprint;
    }
}
