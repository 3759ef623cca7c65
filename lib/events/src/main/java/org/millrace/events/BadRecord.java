package org.millrace.events;

import org.jspecify.annotations.Nullable;

/// A record that nobody can use: it belongs into the dead letters, with [#getMessage] as the reason.
///
/// The reason is for people. It never quotes the record's value, which may be page text or a prompt.
public final class BadRecord extends Exception {

    public BadRecord(String reason, @Nullable Throwable cause) {
        super(reason, cause);
    }

    public BadRecord(String reason) {
        this(reason, null);
    }
}
