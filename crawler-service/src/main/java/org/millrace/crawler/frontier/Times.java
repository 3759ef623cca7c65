package org.millrace.crawler.frontier;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/// Instants as the index orders them.
final class Times {

    private static final long MICROS = 1_000_000;

    private Times() {}

    /// Rounded up: a delay that is kept in whole microseconds is never shorter than asked for.
    static long micros(Instant at) {
        return Math.addExact(Math.multiplyExact(at.getEpochSecond(), MICROS), Math.ceilDiv(at.getNano(), 1_000));
    }

    static Instant instant(long micros) {
        return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    }
}
