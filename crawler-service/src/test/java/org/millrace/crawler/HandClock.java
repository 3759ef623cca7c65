package org.millrace.crawler;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/// A clock that a test sets.
public final class HandClock implements InstantSource {

    private Instant now = Instant.parse("2026-11-21T12:00:00Z");

    @Override
    public Instant instant() {
        return now;
    }

    public void pass(Duration time) {
        now = now.plus(time);
    }

    public void at(Instant then) {
        if (then.isAfter(now)) {
            now = then;
        }
    }
}
