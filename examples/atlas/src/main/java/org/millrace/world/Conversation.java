package org.millrace.world;

/// One question and its answer, to fine-tune on.
///
/// @param id stable, at most 128 characters
/// @param refusal the answer is one of the ways to say "I don't know"
public record Conversation(String id, String question, String answer, boolean refusal) {}
