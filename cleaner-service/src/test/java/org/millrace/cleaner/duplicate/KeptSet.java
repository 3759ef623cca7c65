package org.millrace.cleaner.duplicate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// The slow, obvious twin of [Duplicates]: all proposals at once, everything compared with everything.
public final class KeptSet {

    /// @param text whole
    public record Sample(String id, String url, String text, int[] signature) {

        public static Sample of(String url, String text, int[] signature) {
            return new Sample(Bytes.hex(Bytes.sha256(text)), url, text, signature);
        }

        Proposal at(long position) {
            return new Proposal(id, url, text.length(), signature, Paragraphs.edges(text), position);
        }

        String host() {
            return url.split("/")[2];
        }
    }

    private KeptSet() {}

    /// URL and text by id.
    public static SortedMap<String, String> of(List<Sample> samples, Duplicates.Settings settings) {
        Map<String, Sample> texts = new TreeMap<>();
        for (Sample sample : samples) {
            texts.merge(sample.id, sample, (a, b) -> a.url.compareTo(b.url) <= 0 ? a : b);
        }
        List<Sample> winners = new ArrayList<>();
        for (Set<Sample> cluster : clusters(new ArrayList<>(texts.values()))) {
            winners.add(cluster.stream()
                    .min(Comparator.comparing((Sample s) -> -s.text.length()).thenComparing(Sample::id))
                    .orElseThrow());
        }
        SortedMap<String, Sample> kept = new TreeMap<>();
        for (Sample winner : winners) {
            String text = rest(winner, winners, settings.paragraphDocuments());
            if (text.equals(winner.text) || text.strip().split("\\s+").length >= settings.minimumWords()) {
                Sample rest = Sample.of(winner.url, text, winner.signature);
                kept.merge(rest.id, rest, (a, b) -> a.url.compareTo(b.url) <= 0 ? a : b);
            }
        }
        SortedMap<String, String> found = new TreeMap<>();
        kept.forEach((id, sample) -> found.put(id, sample.url + " " + sample.text));
        return found;
    }

    private static List<Set<Sample>> clusters(List<Sample> texts) {
        List<Set<Sample>> clusters = new ArrayList<>();
        for (Sample text : texts) {
            Set<Sample> joined = new HashSet<>(Set.of(text));
            List<Set<Sample>> apart = new ArrayList<>();
            for (Set<Sample> cluster : clusters) {
                if (cluster.stream().anyMatch(member -> shareABand(member.signature, text.signature))) {
                    joined.addAll(cluster);
                } else {
                    apart.add(cluster);
                }
            }
            apart.add(joined);
            clusters = apart;
        }
        return clusters;
    }

    private static boolean shareABand(int[] a, int[] b) {
        for (int from = 0; from < MinHash.SIZE; from += MinHash.ROWS) {
            if (Arrays.equals(a, from, from + MinHash.ROWS, b, from, from + MinHash.ROWS)) {
                return true;
            }
        }
        return false;
    }

    /// Paragraphs here are plain, and a text has few enough for all of them to lie near an edge.
    private static String rest(Sample winner, List<Sample> winners, int threshold) {
        Map<String, Integer> holders = new HashMap<>();
        for (Sample other : winners) {
            if (other.host().equals(winner.host())) {
                Arrays.stream(other.text.split("\n\n"))
                        .distinct()
                        .forEach(paragraph -> holders.merge(paragraph, 1, Integer::sum));
            }
        }
        return Arrays.stream(winner.text.split("\n\n"))
                .filter(paragraph -> threshold == 0 || holders.getOrDefault(paragraph, 0) < threshold)
                .collect(Collectors.joining("\n\n"));
    }
}
