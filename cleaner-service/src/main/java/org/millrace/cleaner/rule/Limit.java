package org.millrace.cleaner.rule;

import java.util.Locale;
import java.util.Optional;

/// The one way in which a measured number meets its threshold and says so. The threshold itself
/// always passes: a fraction of exactly 0.20 is not above 0.20.
final class Limit {

    private Limit() {}

    static Optional<Breach> atMost(String rule, double value, double limit, String unit) {
        return value <= limit ? Optional.empty() : Optional.of(breach(rule, value, "at most", limit, unit));
    }

    static Optional<Breach> atLeast(String rule, double value, double limit, String unit) {
        return value >= limit ? Optional.empty() : Optional.of(breach(rule, value, "at least", limit, unit));
    }

    private static Breach breach(String rule, double value, String relation, double limit, String unit) {
        return new Breach(rule, number(value) + " " + unit, relation + " " + number(limit) + " " + unit);
    }

    private static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : String.format(Locale.ROOT, "%.4f", value);
    }
}
