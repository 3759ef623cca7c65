package org.millrace.cleaner.rule;

import java.util.Optional;

/// Gopher: few `#` and few ellipses among the words. The marks of headings, which the extractor writes,
/// are not the page's own.
///
/// @param hashes for each word, at most
/// @param ellipses for each word, at most
record SymbolRatio(double hashes, double ellipses) implements Rule {

    @Override
    public Optional<Breach> breach(Subject subject) {
        double words = Math.max(1, subject.words().count());
        int marks = count(subject.text(), "...") + count(subject.text(), "…");
        return Limit.atMost("symbol-ratio", hashes(subject) / words, hashes, "# a word")
                .or(() -> Limit.atMost("symbol-ratio", marks / words, ellipses, "ellipses a word"));
    }

    private static int hashes(Subject subject) {
        int count = 0;
        for (String line : subject.lines()) {
            int from = 0;
            while (from < line.length() && line.charAt(from) == '#') {
                from++;
            }
            boolean heading = from > 0 && from <= 6 && from < line.length() && line.charAt(from) == ' ';
            count += count(heading ? line.substring(from) : line, "#");
        }
        return count;
    }

    private static int count(String text, String symbol) {
        int count = 0;
        for (int at = text.indexOf(symbol); at >= 0; at = text.indexOf(symbol, at + symbol.length())) {
            count++;
        }
        return count;
    }
}
