package org.millrace.cleaner.rule;

import java.util.Optional;

/// Gopher: at most one `#`, and one ellipsis, in ten words.
record SymbolRatio() implements Rule {

    static final double MAXIMUM = 0.1;

    @Override
    public Optional<Breach> breach(Subject subject) {
        double words = Math.max(1, subject.words().size());
        int ellipses = count(subject.text(), "...") + count(subject.text(), "…");
        return Limit.atMost("symbol-ratio", count(subject.text(), "#") / words, MAXIMUM, "# a word")
                .or(() -> Limit.atMost("symbol-ratio", ellipses / words, MAXIMUM, "ellipses a word"));
    }

    private static int count(String text, String symbol) {
        int count = 0;
        for (int at = text.indexOf(symbol); at >= 0; at = text.indexOf(symbol, at + symbol.length())) {
            count++;
        }
        return count;
    }
}
