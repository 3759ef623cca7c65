package org.millrace.inference;

/// Whose ids a model reads and draws, as it was published.
///
/// @param name empty if the publication names none
/// @param version monotonic per name, from 1; 0 if the publication does not say
public record TokenizerVersion(String name, long version) {}
