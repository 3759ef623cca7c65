package org.millrace.cli;

/// Something the user can mend. The message is one sentence that says what is wrong and what to do.
public final class Failure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public Failure(String message) {
        super(message);
    }

    public Failure(String message, Throwable cause) {
        super(message, cause);
    }
}
