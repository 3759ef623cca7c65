package org.millrace.cleaner.duplicate;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.millrace.cleaner.duplicate.Entries.Sharing.Few;
import org.millrace.cleaner.duplicate.Entries.Sharing.Many;

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

    /// The paragraphs of one text, as the index has them: each with its host.
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Holding(int number, long[] keys) {

        static Holding of(int number, String url, long[] paragraphs) {
            long host = host(url);
            return new Holding(
                    number,
                    Arrays.stream(paragraphs)
                            .map(paragraph -> key(host, paragraph))
                            .toArray());
        }
    }

    /// Takes texts out and puts texts in.
    ///
    /// @return numbers of all texts that hold a paragraph which became boilerplate or stopped to be
    Set<Integer> exchange(Iterable<Holding> out, Iterable<Holding> in) {
        if (threshold == 0) {
            return Set.of();
        }
        Map<Long, Boolean> before = new HashMap<>();
        for (Holding holding : out) {
            for (long key : holding.keys) {
                before.computeIfAbsent(key, this::isBoilerplate);
            }
        }
        for (Holding holding : in) {
            for (long key : holding.keys) {
                before.computeIfAbsent(key, this::isBoilerplate);
            }
        }
        for (Holding holding : out) {
            for (long key : holding.keys) {
                remove(key, holding.number);
            }
        }
        for (Holding holding : in) {
            for (long key : holding.keys) {
                add(key, holding.number);
            }
        }
        Set<Integer> affected = new TreeSet<>();
        before.forEach((key, was) -> {
            if (was != isBoilerplate(key)) {
                affected.addAll(holders(key)); // as many as the threshold at most, since each came one by one
            }
        });
        return affected;
    }

    private void add(long key, int number) {
        switch (entries.sharing(key)) {
            case Many(int count) -> {
                entries.addHolder(key, number);
                entries.put(key, new Many(count + 1));
            }
            case Few(var numbers) -> {
                numbers.add(number);
                if (numbers.size() < threshold) {
                    entries.put(key, new Few(numbers));
                } else {
                    numbers.forEach(holder -> entries.addHolder(key, holder));
                    entries.put(key, new Many(numbers.size()));
                }
            }
        }
    }

    private void remove(long key, int number) {
        switch (entries.sharing(key)) {
            case Many(int count) -> {
                entries.removeHolder(key, number);
                if (count > threshold) {
                    entries.put(key, new Many(count - 1));
                } else {
                    List<Integer> rest = entries.holders(key);
                    rest.forEach(holder -> entries.removeHolder(key, holder));
                    entries.put(key, new Few(rest));
                }
            }
            case Few(var numbers) -> {
                numbers.remove(Integer.valueOf(number));
                entries.put(key, new Few(numbers));
            }
        }
    }

    private List<Integer> holders(long key) {
        return entries.sharing(key) instanceof Few(var numbers) ? numbers : entries.holders(key);
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
        return entries.sharing(key) instanceof Many;
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
