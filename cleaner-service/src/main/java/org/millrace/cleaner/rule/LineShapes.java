package org.millrace.cleaner.rule;

import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/// Gopher: not a bare list (lines that start with a bullet), not a page of teasers (lines that end
/// with an ellipsis).
record LineShapes() implements Rule {

    static final double MAX_BULLETS = 0.9;
    static final double MAX_ELLIPSES = 0.3;

    @Override
    public Optional<Breach> breach(Subject subject) {
        return Limit.atMost(
                        "bullet-lines",
                        share(subject, l -> l.startsWith("-") || l.startsWith("•")),
                        MAX_BULLETS,
                        "of the lines")
                .or(() -> Limit.atMost(
                        "ellipsis-lines",
                        share(subject, l -> l.endsWith("...") || l.endsWith("…")),
                        MAX_ELLIPSES,
                        "of the lines"));
    }

    private static double share(Subject subject, Predicate<String> shape) {
        List<String> lines = subject.lines();
        return (double) lines.stream().filter(shape).count() / Math.max(1, lines.size());
    }
}
