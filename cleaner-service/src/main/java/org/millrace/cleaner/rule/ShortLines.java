package org.millrace.cleaner.rule;

import java.util.List;
import java.util.Optional;

/// FineWeb: a page of short lines is a menu, a list or a poem. A character of a script without spaces
/// says about as much as two letters, so its lines may be half as long.
///
/// @param characters a line of so many is short, code points
/// @param maximum share of the lines, 0 to 1
record ShortLines(int characters, double maximum) implements Rule {

    @Override
    public Optional<Breach> breach(Subject subject) {
        int limit = subject.tokens().areSyllables() ? characters / 2 : characters;
        List<String> lines = subject.lines();
        long brief = lines.stream()
                .filter(line -> line.codePointCount(0, line.length()) <= limit)
                .count();
        return Limit.atMost(
                "short-lines",
                (double) brief / Math.max(1, lines.size()),
                maximum,
                "of the lines have at most " + limit + " characters");
    }
}
