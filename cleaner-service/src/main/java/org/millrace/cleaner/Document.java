package org.millrace.cleaner;

/// Text fit for training, and what the page says of itself.
///
/// @param id lowercase hex SHA-256 of `text` in UTF-8
/// @param text main text: NFC, no control characters but `\n`, personal data masked
/// @param language ISO 639-1, lowercase
/// @param languageScore 0 to 1
/// @param licence URL of the licence that the page names, empty if none
/// @param canonicalUrl absolute, empty if the page names none
/// @param maskedSpans pieces of personal data that were replaced by placeholders
public record Document(
        String id,
        String title,
        String text,
        String language,
        double languageScore,
        String licence,
        String canonicalUrl,
        int maskedSpans) {}
