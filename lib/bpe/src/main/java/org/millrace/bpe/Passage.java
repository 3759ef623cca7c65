package org.millrace.bpe;

/// A part of a text that has several sources, such as a conversation in a chat template.
///
/// @param isTrusted special tokens that are written in it are special tokens; otherwise they are only text
/// @param isTarget the model is to learn it
public record Passage(String text, boolean isTrusted, boolean isTarget) {}
