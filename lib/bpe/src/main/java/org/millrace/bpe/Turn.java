package org.millrace.bpe;

/// One turn of a conversation. The text is only text: special tokens written in it stay letters.
public record Turn(Role role, String text) {}
