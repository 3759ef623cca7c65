package org.millrace.trainer;

/// A run cannot go on. The message is for the person who submitted it.
public final class TrainingFailed extends Exception {

    private static final long serialVersionUID = 1L;

    public TrainingFailed(String message) {
        super(message);
    }

    public TrainingFailed(String message, Throwable cause) {
        super(message, cause);
    }
}
