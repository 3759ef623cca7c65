package org.millrace.reward;

import org.jspecify.annotations.Nullable;

/// A published model that cannot be served, now or later.
public final class Refused extends Exception {

    private static final long serialVersionUID = 1L;

    Refused(String reason, @Nullable Throwable cause) {
        super(reason, cause);
    }
}
