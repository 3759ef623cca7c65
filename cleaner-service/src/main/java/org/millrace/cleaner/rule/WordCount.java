package org.millrace.cleaner.rule;

import java.util.Optional;

/// Gopher: length in words that are more than punctuation.
record WordCount(String name, int minimum, int maximum) implements Rule {

    @Override
    public Optional<Breach> breach(Subject subject) {
        int words = subject.words().spoken();
        return Limit.atLeast(name, words, minimum, "words").or(() -> Limit.atMost(name, words, maximum, "words"));
    }
}
