package org.millrace.inference;

/// A publication that cannot be served, and why. What was served before still is.
public final class Refused extends Exception {

    private static final long serialVersionUID = 1;

    Refused(String reason) {
        super(reason);
    }

    Refused(Exception cause) {
        super(cause.getMessage(), cause);
    }
}
