package org.millrace.cleaner;

import org.millrace.cleaner.rule.Breach;

/// What became of one page, judged alone. Both outcomes are facts worth publishing.
public sealed interface Verdict {

    record Kept(Document document) implements Verdict {}

    /// @param language ISO 639-1 if it was determined before the drop, else empty
    record Dropped(Breach breach, String language) implements Verdict {}
}
