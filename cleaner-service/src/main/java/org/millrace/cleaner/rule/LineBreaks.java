package org.millrace.cleaner.rule;

import java.util.Optional;

/// FineWeb: lines hold several words. A blank line between paragraphs counts as one break, as it does in
/// the text that FineWeb measured, which has none.
///
/// @param maximum breaks for each word
record LineBreaks(double maximum) implements Rule {

    @Override
    public Optional<Breach> breach(Subject subject) {
        int breaks = Math.max(0, subject.lines().size() - 1);
        return Limit.atMost(
                "line-breaks", (double) breaks / Math.max(1, subject.words().count()), maximum, "line breaks a word");
    }
}
