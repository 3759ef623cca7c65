package org.millrace.cleaner.duplicate;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// Paragraphs that several kept texts of a host share.
///
/// Only texts that stand for their cluster count: three copies of one page share every paragraph, and
/// are no reason to remove any.
final class Boilerplate {

    private final Entries entries;
    private final int threshold;

    /// @param threshold texts that make a paragraph boilerplate; 0: none is
    Boilerplate(Entries entries, int threshold) {
        this.entries = entries;
        this.threshold = threshold;
    }

    /// The paragraphs of one text.
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Holding(int number, String url, long[] paragraphs) {}

    /// Takes texts out and puts texts in.
    ///
    /// @return numbers of all texts that hold a paragraph which became boilerplate or stopped to be
    Set<Integer> exchange(Iterable<Holding> out, Iterable<Holding> in) {
        if (threshold == 0) {
            return Set.of();
        }
        Map<Long, Boolean> before = new HashMap<>();
        for (Holding holding : out) {
            for (long key : keys(holding)) {
                before.computeIfAbsent(key, this::isBoilerplate);
            }
        }
        for (Holding holding : in) {
            for (long key : keys(holding)) {
                before.computeIfAbsent(key, this::isBoilerplate);
            }
        }
        for (Holding holding : out) {
            for (long key : keys(holding)) {
                entries.removeHolder(key, holding.number);
            }
        }
        for (Holding holding : in) {
            for (long key : keys(holding)) {
                entries.addHolder(key, holding.number);
            }
        }
        Set<Integer> affected = new TreeSet<>();
        before.forEach((key, was) -> {
            if (was != isBoilerplate(key)) {
                affected.addAll(entries.holders(key, Integer.MAX_VALUE / 2));
            }
        });
        return affected;
    }

    /// Those of a text's paragraphs that are boilerplate on its host.
    Set<Long> of(String url, long[] paragraphs) {
        Set<Long> found = new HashSet<>();
        if (threshold > 0) {
            long host = host(url);
            for (long paragraph : paragraphs) {
                if (isBoilerplate(key(host, paragraph))) {
                    found.add(paragraph);
                }
            }
        }
        return found;
    }

    private boolean isBoilerplate(long key) {
        return entries.holders(key, threshold).size() == threshold;
    }

    private static long[] keys(Holding holding) {
        long host = host(holding.url);
        long[] keys = new long[holding.paragraphs.length];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = key(host, holding.paragraphs[i]);
        }
        return keys;
    }

    private static long key(long host, long paragraph) {
        return MinHash.mix(host + MinHash.mix(paragraph));
    }

    /// Host and port, as they stand in the normalised URL.
    private static long host(String url) {
        int scheme = url.indexOf("://");
        int from = scheme < 0 ? 0 : scheme + 3;
        int to = from;
        while (to < url.length() && "/?#".indexOf(url.charAt(to)) < 0) {
            to++;
        }
        long hash = 1;
        for (int i = from; i < to; i++) {
            hash = MinHash.mix(hash ^ url.charAt(i));
        }
        return hash;
    }
}
