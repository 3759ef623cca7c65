package org.millrace.cleaner.duplicate;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.millrace.cleaner.duplicate.Judgement.First;
import org.millrace.cleaner.duplicate.Judgement.Repeats;
import org.millrace.cleaner.rule.Breach;

/// The documents that were kept so far, and whether the next one repeats one of them.
///
/// Its state is a pure function of the sequence of [#judge] calls, so it is never stored: whoever
/// needs it judges the same documents in the same order again. Only kept documents are remembered,
/// about 0.9 KB each. Not thread-safe.
public final class Duplicates {

    private final List<String> ids = new ArrayList<>();
    private final List<int[]> signatures = new ArrayList<>();
    private final KeyTable exact = new KeyTable();
    private final KeyTable bands = new KeyTable();

    /// @param id lowercase hex SHA-256 of the document's text
    /// @param signature by [MinHash#signature]
    /// @throws IllegalArgumentException if either is malformed
    public Judgement judge(String id, int[] signature) {
        if (signature.length != MinHash.SIZE) {
            throw new IllegalArgumentException(
                    "signature: expected " + MinHash.SIZE + " values, got " + signature.length);
        }
        long key = key(id);
        int same = exact.get(key);
        if (same != KeyTable.ABSENT && ids.get(same).equals(id)) {
            return new Repeats(new Breach("exact-duplicate", "equal text", "new text"), id);
        }
        long[] keys = MinHash.bands(signature);
        int earliest = earliest(keys);
        if (earliest != KeyTable.ABSENT) {
            double similarity = MinHash.similarity(signature, signatures.get(earliest));
            return new Repeats(
                    new Breach(
                            "near-duplicate",
                            String.format(Locale.ROOT, "similarity %.2f", similarity),
                            "no equal band of 14 (about 0.72)"),
                    ids.get(earliest));
        }
        remember(id, key, signature, keys);
        return new First();
    }

    private int earliest(long[] keys) {
        int earliest = KeyTable.ABSENT;
        for (long band : keys) {
            int number = bands.get(band);
            if (number != KeyTable.ABSENT && (earliest == KeyTable.ABSENT || number < earliest)) {
                earliest = number;
            }
        }
        return earliest;
    }

    private void remember(String id, long key, int[] signature, long[] keys) {
        int number = ids.size();
        ids.add(id);
        signatures.add(signature.clone());
        exact.putIfAbsent(key, number);
        for (long band : keys) {
            bands.putIfAbsent(band, number);
        }
    }

    private static long key(String id) {
        if (id.length() != 64) {
            throw new IllegalArgumentException(
                    "document_id: expected 64 hex digits, got " + id.length() + " characters");
        }
        long key = 0;
        for (int from = 0; from < id.length(); from += 16) {
            key = key * 0x9E3779B97F4A7C15L + Long.parseUnsignedLong(id, from, from + 16, 16);
        }
        return key;
    }

    public int size() {
        return ids.size();
    }
}
