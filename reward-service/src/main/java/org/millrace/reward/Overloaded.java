package org.millrace.reward;

/// More is waiting than will be taken: the caller should back off.
public final class Overloaded extends Exception {

    private static final long serialVersionUID = 1L;

    Overloaded(int waiting, int more, int limit) {
        super("%d sequences wait, %d more would exceed the limit of %d".formatted(waiting, more, limit));
    }
}
