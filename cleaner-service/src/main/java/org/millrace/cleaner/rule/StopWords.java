package org.millrace.cleaner.rule;

import java.util.HashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.millrace.cleaner.language.Tokens;

/// Gopher: prose holds at least two different ones of its language's small words. Gopher has eight
/// for English; a language without a list passes.
///
/// @param minimum different stop words
record StopWords(int minimum) implements Rule {

    @Override
    public Optional<Breach> breach(Subject subject) {
        Set<String> stopWords = subject.orthography().stopWords();
        if (stopWords.isEmpty()) {
            return Optional.empty();
        }
        Set<String> found = new HashSet<>();
        Tokens tokens = subject.tokens();
        for (int i = 0; i < tokens.size() && found.size() < minimum; i++) {
            if (tokens.length(i) <= LONGEST) {
                String word = tokens.get(i).toLowerCase(Locale.ROOT);
                if (stopWords.contains(word)) {
                    found.add(word);
                }
            }
        }
        return Limit.atLeast("stop-words", found.size(), minimum, "of the " + stopWords.size() + " stop words");
    }

    /// No list has a longer one.
    private static final int LONGEST = 8;
}
