package org.millrace.cleaner.duplicate;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.millrace.cleaner.duplicate.Entries.Cluster;

/// Texts that share a band, and texts that share one with those, and so on: connected components, so
/// that who belongs together does not depend on who came first.
///
/// Union by size with path compression: joining n texts costs about n steps.
final class Clusters {

    private final Entries entries;

    Clusters(Entries entries) {
        this.entries = entries;
    }

    /// @param winner of the cluster that the new text is in now; the best text of it
    /// @param beaten texts that stood for clusters until now
    record Joined(int winner, List<Integer> beaten) {}

    /// Adds a text that was not there before.
    Joined join(int number, long[] bands) {
        Set<Integer> roots = new LinkedHashSet<>();
        for (long band : bands) {
            OptionalInt member = entries.band(band);
            if (member.isPresent()) {
                roots.add(root(member.getAsInt()));
            } else {
                entries.putBand(band, number);
            }
        }
        if (roots.isEmpty()) {
            return new Joined(number, List.of());
        }
        int best = number;
        int size = 1;
        int largest = -1;
        int largestSize = 0;
        List<Integer> winners = new ArrayList<>();
        for (int root : roots) {
            Cluster cluster = entries.cluster(root);
            winners.add(cluster.winner());
            size += cluster.size();
            if (cluster.size() > largestSize) {
                largest = root;
                largestSize = cluster.size();
            }
            if (entries.text(cluster.winner()).isBetterThan(entries.text(best))) {
                best = cluster.winner();
            }
        }
        entries.putParent(number, largest);
        for (int root : roots) {
            if (root != largest) {
                entries.putParent(root, largest);
                entries.removeCluster(root);
            }
        }
        entries.put(largest, new Cluster(best, size));
        winners.remove(Integer.valueOf(best));
        return new Joined(best, winners);
    }

    /// The text that stands for the cluster of this one.
    int winner(int number) {
        return entries.cluster(root(number)).winner();
    }

    private int root(int number) {
        List<Integer> path = new ArrayList<>();
        int root = number;
        for (OptionalInt parent = entries.parent(root); parent.isPresent(); parent = entries.parent(root)) {
            path.add(root);
            root = parent.getAsInt();
        }
        for (int i = 0; i < path.size() - 1; i++) { // the last one has the root as its parent already
            entries.putParent(path.get(i), root);
        }
        return root;
    }
}
