package org.millrace.cleaner.rule;

import java.util.HashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/// Gopher: English prose holds at least two of eight small words. Other languages pass: the eight
/// are English.
record StopWords() implements Rule {

    static final int MINIMUM = 2;
    private static final Set<String> WORDS = Set.of("the", "be", "to", "of", "and", "that", "have", "with");

    @Override
    public Optional<Breach> breach(Subject subject) {
        if (!subject.language().equals("en")) {
            return Optional.empty();
        }
        Set<String> found = new HashSet<>();
        for (String token : subject.tokens()) {
            String word = token.toLowerCase(Locale.ROOT);
            if (WORDS.contains(word)) {
                found.add(word);
            }
        }
        return Limit.atLeast("stop-words", found.size(), MINIMUM, "of the eight stop words");
    }
}
