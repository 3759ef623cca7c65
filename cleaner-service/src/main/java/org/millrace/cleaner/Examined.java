package org.millrace.cleaner;

import org.millrace.cleaner.text.Article;

/// A page's verdict with all that was read on the way to it.
///
/// @param article as it was extracted, personal data not masked; empty where a page holds nothing that can be read
/// @param document as it is published if the page is kept: what the rules measured
public record Examined(Article article, Document document, Verdict verdict) {}
