package org.millrace.bpe;

/// Who speaks in a [Turn]. What the assistant asks of tools, and what they say, is within its turn.
public enum Role {
    SYSTEM,
    USER,
    ASSISTANT,
    /// The assistant, to a tool: an expression for the calculator, or a JSON object of `name` and `arguments`.
    TOOL_CALL,
    /// A tool, to the call before it.
    TOOL_OUTPUT;

    /// Whether the assistant's turn goes on.
    boolean isWithinAnswer() {
        return this == ASSISTANT || this == TOOL_CALL || this == TOOL_OUTPUT;
    }
}
