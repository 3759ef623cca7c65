package org.millrace.rollout;

/// This prompt can never be answered, whoever tries and however often.
public final class BadPrompt extends Exception {

    private static final long serialVersionUID = 1L;

    public BadPrompt(String reason) {
        super(reason);
    }

    static void unless(boolean good, String field, String expected, Object got) throws BadPrompt {
        if (!good) {
            throw new BadPrompt("%s: expected %s, got %s".formatted(field, expected, got));
        }
    }
}
