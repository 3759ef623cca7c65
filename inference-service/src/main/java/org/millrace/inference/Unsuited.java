package org.millrace.inference;

/// The model is served in a way that does not do for what is asked. Another setting of the server would; no other
/// request of that kind fares better until then.
public final class Unsuited extends RuntimeException {

    private static final long serialVersionUID = 1;

    public Unsuited(String message) {
        super(message);
    }
}
