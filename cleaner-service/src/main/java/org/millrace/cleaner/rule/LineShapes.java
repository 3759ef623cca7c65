package org.millrace.cleaner.rule;

import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/// Gopher: not a bare list (lines that start with a bullet), not a page of teasers (lines that end
/// with an ellipsis).
///
/// @param bullets share of the lines, 0 to 1
/// @param ellipses share of the lines, 0 to 1
record LineShapes(double bullets, double ellipses) implements Rule {

    @Override
    public Optional<Breach> breach(Subject subject) {
        return Limit.atMost(
                        "bullet-lines",
                        share(subject, l -> l.startsWith("-") || l.startsWith("•")),
                        bullets,
                        "of the lines")
                .or(() -> Limit.atMost(
                        "ellipsis-lines",
                        share(subject, l -> l.endsWith("...") || l.endsWith("…")),
                        ellipses,
                        "of the lines"));
    }

    private static double share(Subject subject, Predicate<String> shape) {
        List<String> lines = subject.lines();
        return (double) lines.stream().map(String::strip).filter(shape).count() / Math.max(1, lines.size());
    }
}
