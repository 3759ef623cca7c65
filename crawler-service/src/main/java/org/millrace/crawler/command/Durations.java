package org.millrace.crawler.command;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// Durations as people write them: `500ms`, `1.5s`, `10m`, `2h`, and ISO 8601's `PT1S`.
final class Durations implements ITypeConverter<Duration> {

    private static final Pattern SHORT = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,3})?)(ms|s|m|h|d|)");

    @Override
    public Duration convert(String text) {
        Matcher matcher = SHORT.matcher(text.toLowerCase(Locale.ROOT));
        if (matcher.matches()) {
            double millis = Double.parseDouble(matcher.group(1))
                    * switch (matcher.group(2)) {
                        case "ms" -> 1;
                        case "m" -> 60_000;
                        case "h" -> 3_600_000;
                        case "d" -> 86_400_000;
                        default -> 1000; // seconds, also without a unit
                    };
            return Duration.ofMillis(Math.round(millis));
        }
        try {
            Duration parsed = Duration.parse(text);
            if (!parsed.isNegative()) {
                return parsed;
            }
        } catch (DateTimeParseException e) {
            // said below, as for any other text
        }
        throw new TypeConversionException("expected a duration such as 500ms, 1s, 10m or 2h, got '%s'".formatted(text));
    }
}
