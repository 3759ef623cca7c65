package org.millrace.world;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// The rules by which large corpora are filtered (Gopher, C4), as far as they concern articles.
/// Written down here a second time so that the site is judged by a yardstick that it does not own.
final class Prose {

    private static final Set<String> STOP_WORDS = Set.of("the", "be", "to", "of", "and", "that", "have", "with");
    private static final double[] TOP_NGRAM_LIMITS = {0.20, 0.18, 0.16};
    private static final double[] REPEATED_NGRAM_LIMITS = {0.15, 0.14, 0.13, 0.12, 0.11, 0.10};

    private Prose() {}

    /// The rules that a text breaks, each with its value; empty for good prose.
    static List<String> complaints(String text) {
        List<String> complaints = new ArrayList<>();
        String[] words = text.toLowerCase(Locale.ROOT).split("[^\\p{L}\\p{N}'-]+");
        if (words.length < 50) {
            complaints.add("words " + words.length);
        }
        double meanLength =
                Arrays.stream(words).mapToInt(String::length).average().orElse(0);
        if (meanLength < 3 || meanLength > 10) {
            complaints.add("mean word length " + meanLength);
        }
        Set<String> stopWords = new TreeSet<>();
        for (String word : words) {
            if (STOP_WORDS.contains(word)) {
                stopWords.add(word);
            }
        }
        if (stopWords.size() < 2) {
            complaints.add("stop words " + stopWords);
        }
        if (text.split("[.!?](\\s|$)").length < 5) {
            complaints.add("fewer than 5 sentences");
        }
        if (text.contains("{") || text.contains("}") || text.contains("..")) {
            complaints.add("holes or double stops");
        }
        for (int n = 2; n <= 4; n++) {
            check(complaints, "top " + n + "-gram", topShare(words, n, text.length()), TOP_NGRAM_LIMITS[n - 2]);
        }
        for (int n = 5; n <= 10; n++) {
            check(
                    complaints,
                    "repeated " + n + "-grams",
                    repeatedShare(words, n, text.length()),
                    REPEATED_NGRAM_LIMITS[n - 5]);
        }
        return complaints;
    }

    private static void check(List<String> complaints, String rule, double share, double limit) {
        if (share > limit) {
            complaints.add("%s %.2f > %.2f".formatted(rule, share, limit));
        }
    }

    private static double topShare(String[] words, int n, int length) {
        Map<String, Integer> counts = new HashMap<>();
        for (int i = 0; i + n <= words.length; i++) {
            counts.merge(String.join(" ", Arrays.copyOfRange(words, i, i + n)), 1, Integer::sum);
        }
        return counts.entrySet().stream()
                .filter(entry -> entry.getValue() > 1)
                .mapToDouble(entry -> (double) entry.getKey().length() * entry.getValue() / length)
                .max()
                .orElse(0);
    }

    private static double repeatedShare(String[] words, int n, int length) {
        Set<String> seen = new HashSet<>();
        int repeated = 0;
        int i = 0;
        while (i + n <= words.length) {
            String ngram = String.join("", Arrays.copyOfRange(words, i, i + n));
            if (seen.add(ngram)) {
                i++;
            } else {
                repeated += ngram.length();
                i += n;
            }
        }
        return (double) repeated / length;
    }
}
