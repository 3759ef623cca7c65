package org.millrace.cleaner.rule;

import java.util.List;
import java.util.Optional;
import org.millrace.cleaner.language.Sentences;

/// FineWeb: some lines end as sentences do. Says nothing of languages that do not mark where a sentence
/// ends.
///
/// @param minimum share of the lines, 0 to 1
record TerminalPunctuation(double minimum) implements Rule {

    @Override
    public Optional<Breach> breach(Subject subject) {
        if (!subject.orthography().punctuated()) {
            return Optional.empty();
        }
        List<String> lines = subject.lines();
        long ending = lines.stream().filter(Sentences::endsAsSentence).count();
        return Limit.atLeast(
                "terminal-punctuation",
                (double) ending / Math.max(1, lines.size()),
                minimum,
                "of the lines end as sentences do");
    }
}
