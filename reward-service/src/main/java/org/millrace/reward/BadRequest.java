package org.millrace.reward;

/// The caller's mistake, with the field, the expectation and what came instead.
public final class BadRequest extends Exception {

    private static final long serialVersionUID = 1L;

    private BadRequest(String detail) {
        super(detail);
    }

    public static void unless(boolean good, String field, String expected, Object got) throws BadRequest {
        if (!good) {
            throw new BadRequest("%s: expected %s, got %s".formatted(field, expected, got));
        }
    }
}
