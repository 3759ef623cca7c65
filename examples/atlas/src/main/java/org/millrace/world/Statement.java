package org.millrace.world;

/// One sentence of an article that states a fact.
///
/// @param fact id of the [Fact]
/// @param pattern which of the relation's statements it is
/// @param byName the entity is called by its name, not by the kind's pronoun
public record Statement(String fact, int pattern, boolean byName, String sentence) {}
