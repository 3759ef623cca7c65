package org.millrace.crawler;

import java.time.Duration;

/// When pages are looked at again: never, at a fixed interval, or at one that follows how often a page
/// changes (Nutch's adaptive schedule: 40 % longer after a visit that found nothing new, 20 % shorter
/// after one that did).
///
/// @param after first interval, [#SHORTEST] to [#LONGEST]; zero for never
public record Revisits(Duration after, boolean adaptive) {

    public static final Revisits NEVER = new Revisits(Duration.ZERO, false);

    static final Duration SHORTEST = Duration.ofSeconds(60);
    static final Duration LONGEST = Duration.ofDays(365);

    private static final double INCREASE = 0.4;
    private static final double DECREASE = 0.2;

    public Revisits {
        if (!after.isZero() && (after.compareTo(SHORTEST) < 0 || after.compareTo(LONGEST) > 0)) {
            throw new IllegalArgumentException("limits.revisit_after_ms: expected 0, or %d to %d, got %d"
                    .formatted(SHORTEST.toMillis(), LONGEST.toMillis(), after.toMillis()));
        }
    }

    /// The interval after a visit.
    ///
    /// @param interval the one before it, zero at the first visit
    /// @param changed the page is not what it was, or nothing is known of what it was
    Duration next(Duration interval, boolean changed) {
        if (after.isZero() || interval.isZero() || !adaptive) {
            return after;
        }
        double factor = changed ? 1 - DECREASE : 1 + INCREASE;
        long millis = Math.round(interval.toMillis() * factor);
        return Duration.ofMillis(Math.clamp(millis, SHORTEST.toMillis(), LONGEST.toMillis()));
    }
}
