package org.millrace.world;

/// One sentence of an article that states a fact.
///
/// @param fact id of the [Fact]
/// @param pattern which of the relation's statements it is
public record Statement(String fact, int pattern, String sentence) {}
