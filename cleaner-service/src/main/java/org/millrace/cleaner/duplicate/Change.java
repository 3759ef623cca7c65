package org.millrace.cleaner.duplicate;

import org.jspecify.annotations.Nullable;
import org.millrace.cleaner.rule.Breach;

/// What a proposal changed about what is published. Kept is what was published and not taken back.
public sealed interface Change {

    /// @param position as in [Proposal]
    record Page(long position, String url) {}

    /// What is said about a page.
    sealed interface OfPage extends Change {}

    /// @param id of the text as it is published
    /// @param text what is left of the proposal's text; null if all of it is
    /// @param removed paragraphs left out
    /// @param replacesUrl where the same text was said to be before; empty if the text is new
    record Publish(Page page, String id, @Nullable String text, int removed, String replacesUrl) implements OfPage {}

    /// A published text stands no more.
    ///
    /// @param supersededBy id of the text that stands in its place, empty if none does
    /// @param rule why
    record TakeBack(String id, String supersededBy, String rule) implements Change {}

    /// A text that was taken back is published again.
    record Restore(String id) implements Change {}

    /// A page is not kept, or not any more.
    ///
    /// @param of id of the text that is kept in its place, empty if none is
    record Drop(Page page, Breach breach, String of) implements OfPage {}
}
