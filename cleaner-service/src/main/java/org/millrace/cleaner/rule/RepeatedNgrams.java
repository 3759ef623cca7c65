package org.millrace.cleaner.rule;

import java.util.List;
import java.util.Optional;

/// Gopher's shares of characters in repeated word n-grams: the most frequent 2-, 3- and 4-gram, and
/// all repeated 5- to 10-grams. Counted as datatrove does, except that an n-gram must occur twice to
/// be the most frequent one: a single long word is no repetition in a short text.
///
/// Where words are single characters or syllables, twice as many make an n-gram.
///
/// @param top at most these shares for n = 2, 3, 4
/// @param duplicated at most these shares for n = 5 to 10
/// @param tolerance factor on every threshold; 1 is Gopher's
record RepeatedNgrams(List<Double> top, List<Double> duplicated, double tolerance) implements Rule {

    private static final int FIRST_TOP = 2;
    private static final int FIRST_DUPLICATED = 5;

    @Override
    public Optional<Breach> breach(Subject subject) {
        Ngrams ngrams = new Ngrams(subject.tokens());
        int wordTokens = subject.tokens().areSyllables() ? 2 : 1;
        double length = Math.max(1, subject.text().length());
        for (int i = 0; i < top.size(); i++) {
            int n = FIRST_TOP + i;
            Optional<Breach> breach = Limit.atMost(
                    "repetition-ngrams",
                    ngrams.topCharacters(n * wordTokens) / length,
                    tolerance * top.get(i),
                    "of the characters in the most frequent " + n + "-gram");
            if (breach.isPresent()) {
                return breach;
            }
        }
        for (int i = 0; i < duplicated.size(); i++) {
            int n = FIRST_DUPLICATED + i;
            Optional<Breach> breach = Limit.atMost(
                    "repetition-ngrams",
                    ngrams.duplicatedCharacters(n * wordTokens) / length,
                    tolerance * duplicated.get(i),
                    "of the characters in repeated " + n + "-grams");
            if (breach.isPresent()) {
                return breach;
            }
        }
        return Optional.empty();
    }
}
