package org.millrace.cleaner.rule;

/// A rule that a page did not hold.
///
/// @param rule stable name, kebab-case; reports and metrics are grouped by it
/// @param value what was measured, for people: "17 words"
/// @param threshold what was asked: "at least 30 words"
public record Breach(String rule, String value, String threshold) {}
