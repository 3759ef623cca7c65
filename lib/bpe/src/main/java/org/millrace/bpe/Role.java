package org.millrace.bpe;

/// Who speaks in a [Turn].
public enum Role {
    SYSTEM,
    USER,
    ASSISTANT
}
