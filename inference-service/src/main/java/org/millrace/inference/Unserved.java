package org.millrace.inference;

/// No model to answer with.
public final class Unserved extends Exception {

    private static final long serialVersionUID = 1;

    /// Why.
    public enum Reason {
        /// It may well be published later.
        NOT_YET,
        /// Others are served, this one is not: the caller named a wrong one.
        UNKNOWN,
        /// Its engine broke down.
        BROKEN,
        /// The server takes no more requests.
        DRAINING
    }

    private final Reason reason;

    public Unserved(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
