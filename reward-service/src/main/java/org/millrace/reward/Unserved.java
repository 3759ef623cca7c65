package org.millrace.reward;

/// There is no such model here.
public final class Unserved extends Exception {

    private static final long serialVersionUID = 1L;

    /// Why.
    public enum Reason {
        /// No model has come yet.
        NONE_LOADED,
        /// Others are served, this one is not.
        UNKNOWN,
        /// Several are served, and the caller named none.
        AMBIGUOUS
    }

    private final Reason reason;

    Unserved(Reason reason, String detail) {
        super(detail);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
