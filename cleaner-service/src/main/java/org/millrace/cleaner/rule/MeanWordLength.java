package org.millrace.cleaner.rule;

import java.util.List;
import java.util.Optional;

/// Gopher: words of 3 to 10 characters in the mean. Words that hold a letter or digit count.
record MeanWordLength() implements Rule {

    static final double MINIMUM = 3;
    static final double MAXIMUM = 10;

    @Override
    public Optional<Breach> breach(Subject subject) {
        List<String> words = subject.tokens().stream()
                .filter(w -> w.codePoints().anyMatch(Character::isLetterOrDigit))
                .toList();
        double mean = words.stream()
                .mapToInt(w -> w.codePointCount(0, w.length()))
                .average()
                .orElse(0);
        return Limit.atLeast("mean-word-length", mean, MINIMUM, "characters")
                .or(() -> Limit.atMost("mean-word-length", mean, MAXIMUM, "characters"));
    }
}
