package org.millrace.cleaner;

import org.millrace.cleaner.text.Article;

/// A page's verdict with all that was read on the way to it.
///
/// @param article as it was extracted, personal data masked in title and author but not in the body;
///     empty where a page holds nothing that can be read
/// @param text what the rules measured, and what is published if the page is kept
/// @param language ISO 639-1 of `text`, empty if it was not recognised
public record Examined(Article article, String text, String language, Verdict verdict) {

    Examined(Examined read, Verdict verdict) {
        this(read.article, read.text, read.language, verdict);
    }
}
