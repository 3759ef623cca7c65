package org.millrace.cleaner.duplicate;

import org.millrace.cleaner.rule.Breach;

/// Whether a document says something new.
public sealed interface Judgement {

    record First() implements Judgement {}

    /// @param of id of the document that came first, and was kept
    record Repeats(Breach breach, String of) implements Judgement {}
}
