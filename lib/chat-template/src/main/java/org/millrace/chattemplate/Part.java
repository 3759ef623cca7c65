package org.millrace.chattemplate;

/// A run of rendered text from one source. Special tokens are looked for where `isTemplate`, and nowhere else; what
/// lies between two special tokens is one text, whatever parts it has, and is encoded as one.
///
/// @param isTemplate true for text of the template and of [Text#trusted]; false for what somebody wrote, and for
///     what was made of it: numbers, dates, JSON
public record Part(String text, boolean isTemplate) {}
