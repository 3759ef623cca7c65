package org.millrace.cleaner.rule;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Gopher's shares of characters in repeated word n-grams: the most frequent 2-, 3- and 4-gram, and
/// all repeated 5- to 10-grams. Counted as datatrove does, except that an n-gram must occur twice to
/// be the most frequent one: a single long word is no repetition in a short text.
///
/// @param tolerance factor on every threshold; 1 is Gopher's
record RepeatedNgrams(double tolerance) implements Rule {

    static final Map<Integer, Double> TOP = Map.of(2, 0.20, 3, 0.18, 4, 0.16);
    static final Map<Integer, Double> DUPLICATED = Map.of(5, 0.15, 6, 0.14, 7, 0.13, 8, 0.12, 9, 0.11, 10, 0.10);

    @Override
    public Optional<Breach> breach(Subject subject) {
        double length = subject.text().length();
        for (int n = 2; n <= 4; n++) {
            Optional<Breach> breach = Limit.atMost(
                    "repetition-ngrams",
                    topCharacters(subject.tokens(), n) / length,
                    tolerance * TOP.getOrDefault(n, 1.0),
                    "of the characters in the most frequent " + n + "-gram");
            if (breach.isPresent()) {
                return breach;
            }
        }
        for (int n = 5; n <= 10; n++) {
            Optional<Breach> breach = Limit.atMost(
                    "repetition-ngrams",
                    duplicatedCharacters(subject.tokens(), n) / length,
                    tolerance * DUPLICATED.getOrDefault(n, 1.0),
                    "of the characters in repeated " + n + "-grams");
            if (breach.isPresent()) {
                return breach;
            }
        }
        return Optional.empty();
    }

    static int topCharacters(List<String> words, int n) {
        Map<String, Integer> counts = new HashMap<>();
        String top = "";
        for (int i = 0; i + n <= words.size(); i++) {
            counts.merge(String.join(" ", words.subList(i, i + n)), 1, Integer::sum);
        }
        int most = 1;
        for (int i = 0; i + n <= words.size(); i++) { // the earliest of equals, not a hash table's choice
            String gram = String.join(" ", words.subList(i, i + n));
            int count = counts.getOrDefault(gram, 0);
            if (count > most) {
                most = count;
                top = gram;
            }
        }
        return top.length() * most;
    }

    /// Greedy from the left: a repeat counts, and the scan goes on behind it.
    static int duplicatedCharacters(List<String> words, int n) {
        Set<String> seen = new HashSet<>();
        int characters = 0;
        int i = 0;
        while (i + n <= words.size()) {
            String gram = String.join("", words.subList(i, i + n));
            if (seen.add(gram)) {
                i++;
            } else {
                characters += gram.length();
                i += n;
            }
        }
        return characters;
    }
}
