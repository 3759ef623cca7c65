package org.millrace.crawler.http;

import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;

/// The `Retry-After` field (RFC 9110 section 10.2.3).
final class RetryAfter {

    /// Seconds, some 31 years.
    static final String LONGEST = "999999999";

    /// Matches seconds that are more.
    static final String BEYOND = "0*[1-9]\\d{9,}";

    private RetryAfter() {}

    /// Seconds, or a date; null where it is neither.
    static @Nullable Duration read(String value) {
        if (value.matches("\\d{1,9}")) {
            return Duration.ofSeconds(Long.parseLong(value));
        }
        try {
            Instant then = ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant();
            Duration left = Duration.between(Instant.now(), then);
            return left.isNegative() ? Duration.ZERO : left;
        } catch (DateTimeParseException e) {
            return null;
        }
    }
}
