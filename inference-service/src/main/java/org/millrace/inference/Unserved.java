package org.millrace.inference;

/// No model to answer with.
public final class Unserved extends Exception {

    private static final long serialVersionUID = 1;

    private final boolean yet;

    /// @param yet it may well be published later; false: the caller named a wrong one
    Unserved(boolean yet, String message) {
        super(message);
        this.yet = yet;
    }

    public boolean isYetToCome() {
        return yet;
    }
}
