package org.millrace.inference;

import java.time.Duration;

/// When tokens are sent that wait for each other: at beats, which are multiples of a period of the clock, not a period
/// behind each token. So all answers are looked after within the same millisecond, in few wakings.
public final class Cadence {

    /// From one beat to the next: little more than one picture of a screen.
    public static final Duration PERIOD = Duration.ofMillis(20);

    private Cadence() {}

    /// Whole milliseconds from a moment to the next beat, 1 to 20.
    ///
    /// @param nanos of [System#nanoTime()], which may be negative
    public static long untilNext(long nanos) {
        long period = PERIOD.toMillis();
        return period - Math.floorMod(Math.floorDiv(nanos, 1_000_000L), period);
    }
}
