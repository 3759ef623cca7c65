package org.millrace.cleaner.text;

/// What a page holds for a reader, and what it says of itself. Text fields are empty if absent.
///
/// @param text main text as [PlainText] leaves it: paragraphs and headings apart by a blank line,
///     list items as `- item`, table rows as `cell | cell`, one a line
/// @param licence URL of the licence that the page names
public record Article(String title, String text, String canonicalUrl, String licence) {

    public static final Article EMPTY = new Article("", "", "", "");
}
