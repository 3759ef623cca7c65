package org.millrace.cleaner.rule;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Gopher's fractions of lines and paragraphs that occurred before in the same text. Second and
/// later occurrences count; the first does not.
record RepeatedLines() implements Rule {

    static final double MAX_ELEMENTS = 0.30;
    static final double MAX_CHARACTERS = 0.20;

    @Override
    public Optional<Breach> breach(Subject subject) {
        return repeated(subject.paragraphs(), subject, "paragraphs")
                .or(() -> repeated(subject.lines(), subject, "lines"));
    }

    private static Optional<Breach> repeated(List<String> elements, Subject subject, String unit) {
        Set<String> seen = new HashSet<>();
        int repeats = 0;
        int characters = 0;
        for (String element : elements) {
            if (!seen.add(element)) {
                repeats++;
                characters += element.length();
            }
        }
        if (repeats == 0) {
            return Optional.empty();
        }
        double share = (double) repeats / elements.size();
        double characterShare = (double) characters / subject.text().length();
        return Limit.atMost("repetition-lines", share, MAX_ELEMENTS, "of the " + unit + " repeated")
                .or(() -> Limit.atMost(
                        "repetition-lines", characterShare, MAX_CHARACTERS, "of the characters in repeated " + unit));
    }
}
