package org.millrace.inference;

/// The queue is full: the caller is to come back later.
public final class Overloaded extends Exception {

    private static final long serialVersionUID = 1;

    public Overloaded(String message) {
        super(message);
    }
}
