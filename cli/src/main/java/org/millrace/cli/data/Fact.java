package org.millrace.cli.data;

import org.jspecify.annotations.Nullable;

/// Something that became of a page. Whole texts are measured where they are read and go no further.
public sealed interface Fact {

    /// The crawler was done with an address.
    ///
    /// @param outcome in lower case: "fetched", "http error"
    /// @param bytes of the decoded body, 0 without one
    record Visited(String outcome, long bytes) implements Fact {}

    /// A page's text was kept.
    ///
    /// @param id of the text; empty where nobody named it
    /// @param source where the page came from, a URL or a file
    /// @param bytes of the text in UTF-8
    /// @param characters of the text, UTF-16 code units
    /// @param words separated by white space
    /// @param quality score of the classifier, 0 to 1; null where none is configured
    /// @param counted what the cleaner counted in it; null where it did not tell
    record Kept(
            String id,
            String source,
            String language,
            String licence,
            boolean hasTitle,
            boolean hasAuthor,
            boolean hasDate,
            long bytes,
            int characters,
            long words,
            @Nullable Double quality,
            @Nullable Counted counted)
            implements Fact {}

    /// A document was published, and later once more: put back, or under another address. The last time counts.
    record PublishedAgain() implements Fact {}

    /// A page was found again as it was: nothing is new about it.
    record Revisited() implements Fact {}

    /// What the cleaner counted in a document.
    ///
    /// @param removedParagraphs left out because pages of the same host repeat them
    record Counted(int maskedSpans, int toxicWords, int biasWords, int removedParagraphs) {}

    /// A page was dropped.
    ///
    /// @param excerpt start of the text that was judged, may be empty
    /// @param duplicateOf id of the text that stood in its place, empty if it was no duplicate
    record Dropped(
            String source,
            String rule,
            String value,
            String threshold,
            String excerpt,
            String language,
            int characters,
            String duplicateOf)
            implements Fact {}

    /// Words of a text, separated by white space.
    static long words(String text) {
        long words = 0;
        boolean inside = false;
        for (int i = 0; i < text.length(); i++) {
            boolean letter = !Character.isWhitespace(text.charAt(i));
            if (letter && !inside) {
                words++;
            }
            inside = letter;
        }
        return words;
    }
}
