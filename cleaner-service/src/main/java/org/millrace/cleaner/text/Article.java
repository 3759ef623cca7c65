package org.millrace.cleaner.text;

/// What a page holds for a reader, and what it says of itself. Text fields are empty if absent.
///
/// @param title without the name of the site, if the page lets them be told apart
/// @param author names, separated by `; `
/// @param publishedOn ISO 8601 date, `2024-05-31`
/// @param text main text, Markdown-like, as [PlainText] leaves it: the title as a plain line,
///     headings with `#`, paragraphs apart by a blank line, lists, tables as `cell | cell`, code in
///     fences
/// @param body the same text without its title and without marks, as article benchmarks have it
/// @param language as the page declares it: ISO 639, lowercase, without region
/// @param licence URL of the licence that the page names
public record Article(
        String title,
        String author,
        String publishedOn,
        String text,
        String body,
        String language,
        String licence,
        String canonicalUrl) {

    public static final Article EMPTY = ofPlainText("");

    static Article ofPlainText(String text) {
        return new Article("", "", "", text, text, "", "", "");
    }
}
