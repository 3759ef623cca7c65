package org.millrace.cli.data;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/// Counts of names that may be more than memory holds: domains, licences.
///
/// Exact up to the capacity. Beyond it, a pruning takes the count of the first name that does not fit from
/// all, and forgets those that reach zero; the sum of what was taken is [#error].
///
/// - **Error:** each count is at least what [#get] says and at most `error()` more;
///   `error() ≤ total / capacity`.
/// - **Cost:** one map access a count; a pruning after every `capacity` new names at the earliest.
/// - **Source:** Misra and Gries 1982; pruned in bulk as in Agarwal et al. 2012, Mergeable Summaries.
final class TopCounts {

    private static final int LONGEST_NAME = 200;

    private final int capacity;
    private final Map<String, long[]> counts = new HashMap<>();
    private long total;
    private long error;

    /// @param capacity names that are kept when there are too many, at least 1
    TopCounts(int capacity) {
        if (capacity < 1) {
            throw new IllegalArgumentException("capacity: expected at least 1, got " + capacity);
        }
        this.capacity = capacity;
    }

    /// @param name cut at 200 characters: foreign names have no end
    void add(String name) {
        String key = name.length() <= LONGEST_NAME ? name : name.substring(0, LONGEST_NAME);
        counts.computeIfAbsent(key, k -> new long[1])[0]++;
        total++;
        if (counts.size() >= 2 * capacity) {
            prune();
        }
    }

    private void prune() {
        long[] sorted =
                counts.values().stream().mapToLong(count -> count[0]).sorted().toArray();
        long taken = sorted[sorted.length - 1 - capacity];
        for (Iterator<long[]> each = counts.values().iterator(); each.hasNext(); ) {
            long[] count = each.next();
            count[0] -= taken;
            if (count[0] <= 0) {
                each.remove();
            }
        }
        error += taken;
    }

    long get(String name) {
        long[] count = counts.get(name);
        return count == null ? 0 : count[0];
    }

    /// Everything that was counted.
    long total() {
        return total;
    }

    /// How much a count may be too low. 0: all are exact.
    long error() {
        return error;
    }

    /// Names that are kept.
    int size() {
        return counts.size();
    }

    record Entry(String name, long count) {}

    /// The largest counts, equal ones by name.
    List<Entry> top(int most) {
        List<Entry> entries = new ArrayList<>(counts.size());
        counts.forEach((name, count) -> entries.add(new Entry(name, count[0])));
        entries.sort(Comparator.comparingLong(Entry::count).reversed().thenComparing(Entry::name));
        return List.copyOf(entries.subList(0, Math.min(most, entries.size())));
    }
}
