package org.millrace.cleaner.text;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.Month;
import java.time.format.TextStyle;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Reads the dates that pages give of themselves: ISO 8601 with or without time, the same with
/// slashes or dots, and English in words. Times and zones are left out: a page's day is the one
/// that it names.
final class Dates {

    private static final int EARLIEST = 1990;
    private static final int LATEST = 2100;
    private static final int LONGEST = 100;

    private static final Pattern YEAR_FIRST =
            Pattern.compile("(?<!\\d)((?:19|20)\\d\\d)([-/.年]?)(\\d{1,2})[-/.月]?(\\d{1,2})(?!\\d)");
    private static final Pattern DAY_FIRST =
            Pattern.compile("(?<!\\d)(\\d{1,2})\\.\\s?(\\d{1,2})\\.\\s?((?:19|20)\\d\\d)(?!\\d)");
    private static final Pattern DAY_MONTH_YEAR = Pattern.compile(
            "(?<!\\d)(\\d{1,2})(?:st|nd|rd|th|\\.)?[\\s-]+(?:of )?(\\p{L}{3,9})\\.?,?[\\s-]+((?:19|20)\\d\\d)");
    private static final Pattern MONTH_DAY_YEAR =
            Pattern.compile("(\\p{L}{3,9})\\.?\\s+(\\d{1,2})(?:st|nd|rd|th)?,?\\s+((?:19|20)\\d\\d)");
    private static final Pattern IN_PATH = Pattern.compile("/((?:19|20)\\d\\d)/(\\d{1,2})/(\\d{1,2})(?:/|$)");

    private Dates() {}

    /// @return the first date in the text, as ISO 8601
    static Optional<String> find(String text) {
        String start = text.substring(0, Math.min(text.length(), LONGEST));
        Matcher iso = YEAR_FIRST.matcher(start);
        if (iso.find() && (!iso.group(2).isEmpty() || iso.group().length() == 8)) {
            return date(iso.group(1), iso.group(3), iso.group(4));
        }
        Matcher dotted = DAY_FIRST.matcher(start);
        if (dotted.find()) {
            return date(dotted.group(3), dotted.group(2), dotted.group(1));
        }
        Matcher british = DAY_MONTH_YEAR.matcher(start);
        if (british.find() && month(british.group(2)).isPresent()) {
            return date(british.group(3), month(british.group(2)).get(), british.group(1));
        }
        Matcher american = MONTH_DAY_YEAR.matcher(start);
        if (american.find() && month(american.group(1)).isPresent()) {
            return date(american.group(3), month(american.group(1)).get(), american.group(2));
        }
        return Optional.empty();
    }

    /// `/2024/05/31/` as many sites file their pages.
    static Optional<String> inPath(String url) {
        Matcher path = IN_PATH.matcher(url);
        return path.find() ? date(path.group(1), path.group(2), path.group(3)) : Optional.empty();
    }

    private static Optional<String> date(String year, String month, String day) {
        try {
            LocalDate date = LocalDate.of(Integer.parseInt(year), Integer.parseInt(month), Integer.parseInt(day));
            return date.getYear() < EARLIEST || date.getYear() >= LATEST
                    ? Optional.empty()
                    : Optional.of(date.toString());
        } catch (DateTimeException e) {
            return Optional.empty(); // 2024-13-45 is no date
        }
    }

    private static Optional<String> month(String name) {
        for (Month month : Month.values()) {
            String full = month.getDisplayName(TextStyle.FULL, Locale.ENGLISH).toLowerCase(Locale.ROOT);
            if (name.length() >= 3 && full.startsWith(name.toLowerCase(Locale.ROOT))) {
                return Optional.of(Integer.toString(month.getValue()));
            }
        }
        return name.equalsIgnoreCase("sept") ? Optional.of("9") : Optional.empty();
    }
}
