package org.millrace.cli.data;

import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;

/// A few facts of many: those whose sources have the smallest hashes. So each fact has the same chance, and
/// the order in which they came does not matter.
final class Examples {

    private final int most;
    private final TreeMap<Long, Fact.Dropped> smallest = new TreeMap<>(Comparator.naturalOrder());

    Examples(int most) {
        this.most = most;
    }

    void add(Fact.Dropped fact) {
        long hash = Fingerprint.of(fact.source());
        if (smallest.size() < most || hash < smallest.lastKey()) {
            smallest.put(hash, fact);
            if (smallest.size() > most) {
                smallest.pollLastEntry();
            }
        }
    }

    List<Fact.Dropped> all() {
        return List.copyOf(smallest.values());
    }
}
