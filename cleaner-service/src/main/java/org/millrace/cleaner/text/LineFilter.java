package org.millrace.cleaner.text;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/// Removes single lines that are about the site and not about its subject, and the marks that
/// encyclopaedias leave in prose. From C4; its minimum of three words a line is not applied,
/// because headings and list items are kept on purpose. Listings of code are left alone: an index
/// in brackets is no footnote there.
public final class LineFilter {

    private static final int LONGEST_WORD = 1_000;
    private static final Pattern MARK = Pattern.compile("\\[\\d*]|\\[edit]|\\[citation needed]");
    private static final Pattern ENDLESS_WORD = Pattern.compile("\\S{" + (LONGEST_WORD + 1) + "}");
    private static final List<String> PHRASES = List.of(
            "javascript",
            "terms of use",
            "privacy policy",
            "cookie policy",
            "uses cookies",
            "use of cookies",
            "use cookies");

    private LineFilter() {}

    /// @param text as [PlainText] leaves it, and so is the result
    public static String apply(String text) {
        if (!text.contains(PlainText.FENCE)) {
            return prose(text);
        }
        StringBuilder filtered = new StringBuilder(text.length());
        for (PlainText.Part part : PlainText.parts(text)) {
            filtered.append(part.apart() ? "\n" : "")
                    .append(part.code() ? part.text() : prose(part.text()))
                    .append('\n');
        }
        return PlainText.of(filtered.toString());
    }

    private static String prose(String text) {
        StringBuilder kept = new StringBuilder(text.length());
        withoutMarks(text).lines().filter(LineFilter::isContent).forEach(line -> kept.append(line)
                .append('\n'));
        return PlainText.of(kept.toString());
    }

    /// Taking a mark out may join its neighbours into another one.
    private static String withoutMarks(String text) {
        String before = text;
        while (before.indexOf('[') >= 0) {
            String after = PlainText.of(MARK.matcher(before).replaceAll(""));
            if (after.equals(before)) {
                return after;
            }
            before = after;
        }
        return before;
    }

    private static boolean isContent(String line) {
        String lower = line.toLowerCase(Locale.ROOT);
        return PHRASES.stream().noneMatch(lower::contains)
                && (line.length() <= LONGEST_WORD || !ENDLESS_WORD.matcher(line).find());
    }
}
