package org.millrace.cleaner.rule;

import java.util.Optional;
import org.millrace.cleaner.rule.RepeatedLines.Repeats;

/// FineWeb: hardly a character stands in a line that occurred before. Far stricter than Gopher, and
/// counted against the characters without newlines.
///
/// @param maximum share of the characters, 0 to 1
record RepeatedLineCharacters(double maximum) implements Rule {

    @Override
    public Optional<Breach> breach(Subject subject) {
        int characters = subject.text().length();
        for (int at = subject.text().indexOf('\n'); at >= 0; at = subject.text().indexOf('\n', at + 1)) {
            characters--;
        }
        return Limit.atMost(
                "repeated-line-characters",
                (double) Repeats.of(subject.lines()).characters() / Math.max(1, characters),
                maximum,
                "of the characters in repeated lines");
    }
}
