package org.millrace.cleaner.language;

/// The likeliest language of a text.
///
/// @param language ISO 639-1, lowercase; empty if the text gives no hint
/// @param score 0 to 1
public record LanguageGuess(String language, double score) {}
