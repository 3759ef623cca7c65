package org.millrace.cleaner.rule;

import java.util.Optional;

/// Length in words.
record WordCount(String name, int minimum, int maximum) implements Rule {

    @Override
    public Optional<Breach> breach(Subject subject) {
        int words = subject.words().size();
        return Limit.atLeast(name, words, minimum, "words").or(() -> Limit.atMost(name, words, maximum, "words"));
    }
}
