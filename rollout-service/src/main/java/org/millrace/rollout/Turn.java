package org.millrace.rollout;

/// One turn of the conversation that a prompt ends.
public record Turn(Role role, String text) {

    /// Who speaks.
    public enum Role {
        SYSTEM,
        USER,
        ASSISTANT,
        TOOL_CALL,
        TOOL_OUTPUT
    }
}
