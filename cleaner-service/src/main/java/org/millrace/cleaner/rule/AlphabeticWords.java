package org.millrace.cleaner.rule;

import java.util.Optional;

/// Gopher: four words in five hold a letter. Punctuation belongs to its word here, so that lists of
/// names are not taken for tables of numbers.
record AlphabeticWords() implements Rule {

    static final double MINIMUM = 0.8;

    @Override
    public Optional<Breach> breach(Subject subject) {
        long alphabetic = subject.words().stream()
                .filter(w -> w.codePoints().anyMatch(Character::isLetter))
                .count();
        double share = (double) alphabetic / Math.max(1, subject.words().size());
        return Limit.atLeast("alphabetic-words", share, MINIMUM, "of the words");
    }
}
