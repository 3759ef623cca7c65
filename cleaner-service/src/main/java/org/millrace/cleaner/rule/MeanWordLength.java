package org.millrace.cleaner.rule;

import java.util.Optional;

/// Gopher: the mean length of words that hold a letter or digit. Says nothing where words are not
/// written apart, letter by letter.
///
/// @param minimum characters
/// @param maximum characters
record MeanWordLength(double minimum, double maximum) implements Rule {

    @Override
    public Optional<Breach> breach(Subject subject) {
        if (!subject.orthography().spelled()) {
            return Optional.empty();
        }
        double mean = (double) subject.tokens().wordCharacters()
                / Math.max(1, subject.tokens().words());
        return Limit.atLeast("mean-word-length", mean, minimum, "characters")
                .or(() -> Limit.atMost("mean-word-length", mean, maximum, "characters"));
    }
}
