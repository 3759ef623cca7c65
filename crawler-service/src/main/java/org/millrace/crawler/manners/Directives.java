package org.millrace.crawler.manners;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.TemporalAccessor;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What a page asks of robots, by `X-Robots-Tag` or by a meta element.
///
/// @param barredBy the directive by which the page may not be kept, empty if it may
/// @param follow its links may be followed
public record Directives(String barredBy, boolean follow) {

    static final Directives NONE = new Directives("", true);

    private static final Directives NOFOLLOW = new Directives("", false);

    /// Directives that have a value: what stands before the colon is no robot's name.
    private static final Set<String> VALUED =
            Set.of("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview");

    private static final Pattern NAMED =
            Pattern.compile("\\s*([A-Za-z_*][A-Za-z0-9_*-]*)\\s*:\\s*(.*)", Pattern.DOTALL);

    /// A comma that belongs to a date: `Wed, 25 Jun 2030`, `Wednesday, 25-Jun-30`.
    private static final Pattern COMMAS = Pattern.compile("(?<!\\b(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}),");

    /// RFC 822, RFC 850 and ISO 8601, as owners write them.
    private static final List<DateTimeFormatter> DATES = List.of(
            DateTimeFormatter.RFC_1123_DATE_TIME,
            formatter("[EEEE, ]d-MMM-yy HH:mm:ss z"),
            formatter("[EEEE, ][EEE, ]d[-][ ]MMM[-][ ]yyyy[ HH:mm[:ss][ z]]"),
            DateTimeFormatter.ISO_ZONED_DATE_TIME,
            DateTimeFormatter.ISO_LOCAL_DATE_TIME,
            DateTimeFormatter.ISO_LOCAL_DATE);

    public Directives and(Directives other) {
        return new Directives(barredBy.isEmpty() ? other.barredBy : barredBy, follow && other.follow);
    }

    /// The content of a meta element: `noindex, nofollow`.
    ///
    /// @param now decides whether `unavailable_after` has passed
    public static Directives of(String values, Signals signals, Instant now) {
        Directives directives = NONE;
        for (String value : COMMAS.split(values.toLowerCase(Locale.ROOT))) {
            directives = directives.and(one(value.strip(), signals, now));
        }
        return directives;
    }

    /// All fields of an `X-Robots-Tag` header.
    public static Directives ofHeaders(List<String> fields, Manners manners, Instant now) {
        Directives directives = NONE;
        for (String field : fields) {
            directives = directives.and(ofHeader(field, manners, now));
        }
        return directives;
    }

    /// One field, which may name the robot that it speaks to: `otherbot: noindex, nofollow`. A name holds
    /// until the next name, or the end of the field.
    private static Directives ofHeader(String field, Manners manners, Instant now) {
        Directives directives = NONE;
        boolean ours = true;
        for (String part : COMMAS.split(field.toLowerCase(Locale.ROOT))) {
            String value = part;
            Matcher named = NAMED.matcher(part);
            if (named.matches() && !VALUED.contains(named.group(1))) {
                ours = named.group(1).equals("*") || named.group(1).equalsIgnoreCase(manners.agent());
                value = named.group(2);
            }
            if (ours) {
                directives = directives.and(one(value.strip(), manners.signals(), now));
            }
        }
        return directives;
    }

    private static Directives one(String value, Signals signals, Instant now) {
        Matcher named = NAMED.matcher(value);
        if (named.matches() && VALUED.contains(named.group(1))) {
            boolean expires = named.group(1).equals("unavailable_after");
            return barred(
                    expires && signals.robotsTags() && isPast(named.group(2).strip(), now), named.group(1));
        }
        Directives directives = NONE;
        for (String word : value.split("\\s+")) { // some write blanks for commas
            directives = directives.and(
                    switch (word) {
                        case "noindex" -> barred(signals.robotsTags(), word);
                        case "none" -> barred(signals.robotsTags(), word).and(NOFOLLOW);
                        case "nofollow" -> NOFOLLOW;
                        case "noai" -> barred(signals.noAi(), word);
                        case "noimageai" -> barred(signals.noImageAi(), word);
                        default -> NONE;
                    });
        }
        return directives;
    }

    private static Directives barred(boolean heeded, String by) {
        return heeded ? new Directives(by, true) : NONE;
    }

    /// A date that nobody can read bars nothing.
    private static boolean isPast(String date, Instant now) {
        for (DateTimeFormatter format : DATES) {
            try {
                TemporalAccessor read = format.parseBest(
                        date,
                        ZonedDateTime::from,
                        OffsetDateTime::from,
                        java.time.LocalDateTime::from,
                        LocalDate::from);
                return !instant(read).isAfter(now);
            } catch (DateTimeException e) {
                continue; // another format, perhaps
            }
        }
        return false;
    }

    private static Instant instant(TemporalAccessor read) {
        return switch (read) {
            case ZonedDateTime zoned -> zoned.toInstant();
            case OffsetDateTime offset -> offset.toInstant();
            case java.time.LocalDateTime local -> local.toInstant(ZoneOffset.UTC);
            case LocalDate day -> day.plusDays(1).atStartOfDay().toInstant(ZoneOffset.UTC);
            default -> throw new DateTimeException("neither date nor time");
        };
    }

    private static DateTimeFormatter formatter(String pattern) {
        return new java.time.format.DateTimeFormatterBuilder()
                .parseCaseInsensitive()
                .appendPattern(pattern)
                .toFormatter(Locale.ENGLISH);
    }
}
