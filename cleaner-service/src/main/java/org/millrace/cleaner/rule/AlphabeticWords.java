package org.millrace.cleaner.rule;

import java.util.Optional;

/// Gopher: most words hold a letter. Punctuation belongs to its word here, as in Gopher's paper, so
/// that lists of names are not taken for tables of numbers.
///
/// @param minimum share of the words, 0 to 1
record AlphabeticWords(double minimum) implements Rule {

    @Override
    public Optional<Breach> breach(Subject subject) {
        Words words = subject.words();
        double share = (double) words.alphabetic() / Math.max(1, words.count());
        return Limit.atLeast("alphabetic-words", share, minimum, "of the words");
    }
}
