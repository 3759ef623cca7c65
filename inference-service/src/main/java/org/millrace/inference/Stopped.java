package org.millrace.inference;

/// The process ends before the answer did: nobody's mistake, and another instance may answer.
public final class Stopped extends RuntimeException {

    private static final long serialVersionUID = 1;

    Stopped() {
        super("the engine was stopped");
    }
}
