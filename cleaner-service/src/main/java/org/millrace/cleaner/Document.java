package org.millrace.cleaner;

import java.util.OptionalDouble;

/// Text fit for training, and what the page says of itself.
///
/// @param id lowercase hex SHA-256 of `text` in UTF-8
/// @param text main text: NFC, no control characters but `\n`, personal data masked
/// @param author several separated by `; `, empty if the page names none
/// @param publishedOn ISO 8601 date, empty if the page names none
/// @param language ISO 639-1, lowercase
/// @param languageScore 0 to 1
/// @param licence URL of the licence that the page names, empty if none
/// @param canonicalUrl absolute, empty if the page names none
/// @param maskedSpans pieces of personal data that were replaced by placeholders
/// @param qualityScore 0 to 1, of the quality classifier; empty where none is configured
/// @param toxicWords words of the text that are on the toxicity list
/// @param biasWords words of the text that are on the list of identity terms
public record Document(
        String id,
        String title,
        String text,
        String author,
        String publishedOn,
        String language,
        double languageScore,
        String licence,
        String canonicalUrl,
        int maskedSpans,
        OptionalDouble qualityScore,
        int toxicWords,
        int biasWords) {}
