package org.millrace.cleaner.text;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.millrace.cleaner.CleanerConfig;
import org.millrace.cleaner.language.Sentences;
import org.millrace.cleaner.language.Tokens;

/// C4's rules for lines: removes those that are about the site and not about its subject, those
/// that are no text, and the marks that encyclopaedias leave in prose. Listings of code are left
/// alone: an index in brackets is no footnote there.
public final class LineFilter {

    private static final List<String> PHRASES = List.of(
            "javascript",
            "terms of use",
            "privacy policy",
            "cookie policy",
            "uses cookies",
            "use of cookies",
            "use cookies");

    private final int minimumWords;
    private final int longestWord;
    private final boolean terminalPunctuation;
    private final boolean notices;

    private LineFilter(int minimumWords, int longestWord, boolean terminalPunctuation, boolean notices) {
        this.minimumWords = minimumWords;
        this.longestWord = longestWord;
        this.terminalPunctuation = terminalPunctuation;
        this.notices = notices;
    }

    public static LineFilter of(CleanerConfig.C4 config) {
        return new LineFilter(
                config.minimumLineWords(), config.maximumWordLength(), config.terminalPunctuation(), config.notices());
    }

    /// @param text as [PlainText] leaves it, and so is the result
    public String apply(String text) {
        if (!text.contains(PlainText.FENCE)) {
            return prose(text);
        }
        String before = text;
        while (true) { // a mark taken out may leave a line that is a fence
            String after = apartFromCode(before);
            if (after.equals(before)) {
                return after;
            }
            before = after;
        }
    }

    private String apartFromCode(String text) {
        StringBuilder filtered = new StringBuilder(text.length());
        boolean apart = false;
        for (PlainText.Part part : PlainText.parts(text)) {
            String kept = part.code() ? part.text() : prose(part.text());
            apart |= part.apart();
            PlainText.append(filtered, apart, kept);
            apart &= kept.isEmpty();
        }
        return PlainText.of(filtered.toString());
    }

    private String prose(String text) {
        String unmarked = notices ? withoutMarks(text) : text;
        if (passes(unmarked)) {
            return unmarked;
        }
        return PlainText.of(unmarked.lines().filter(this::isContent).collect(Collectors.joining("\n")));
    }

    /// In one pass: a mark is taken out where it ends, and what stood around it may be another one that
    /// ends later.
    private static String withoutMarks(String text) {
        if (text.indexOf('[') < 0) {
            return text;
        }
        StringBuilder kept = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            kept.append(text.charAt(i));
            int mark = text.charAt(i) == ']' ? lastMark(kept) : -1;
            if (mark >= 0) {
                kept.setLength(mark);
            }
        }
        return kept.length() == text.length() ? text : PlainText.of(kept.toString());
    }

    /// Where the mark starts that ends with the text, or -1: `[12]`, `[]`, `[edit]`, `[citation needed]`.
    private static int lastMark(StringBuilder text) {
        int end = text.length() - 1;
        int start = end;
        while (start > 0 && text.charAt(start - 1) >= '0' && text.charAt(start - 1) <= '9') {
            start--;
        }
        if (start == end) {
            start = Math.max(before(text, end, "edit"), citation(text, end));
            start = start < 0 ? end : start;
        }
        return start > 0 && text.charAt(start - 1) == '[' ? start - 1 : -1;
    }

    /// A mark that was taken out of this one left two spaces.
    private static int citation(StringBuilder text, int end) {
        int space = before(text, end, " needed");
        while (space > 0 && text.charAt(space - 1) == ' ') {
            space--;
        }
        return before(text, space, "citation");
    }

    private static int before(StringBuilder text, int end, String word) {
        int start = end - word.length();
        return start >= 0 && text.indexOf(word, start) == start ? start : -1;
    }

    /// Most texts lose no line, and need not be looked at line by line.
    private boolean passes(String text) {
        return minimumWords == 0 && !terminalPunctuation && !hasNotice(text) && !hasEndlessWord(text);
    }

    private boolean isContent(String line) {
        if (line.isEmpty()) {
            return true;
        }
        return !hasNotice(line)
                && !hasEndlessWord(line)
                && (minimumWords == 0 || Tokens.of(line).words() >= minimumWords)
                && (!terminalPunctuation || Sentences.endsAsSentence(line) && !isEllipsis(line));
    }

    private boolean hasNotice(String text) {
        if (!notices) {
            return false;
        }
        String lower = text.toLowerCase(Locale.ROOT);
        for (String phrase : PHRASES) {
            if (lower.contains(phrase)) {
                return true;
            }
        }
        return false;
    }

    private boolean hasEndlessWord(String text) {
        int length = 0;
        for (int i = 0; i < text.length(); i++) {
            length = Character.isWhitespace(text.charAt(i)) ? 0 : length + 1;
            if (length > longestWord) {
                return true;
            }
        }
        return false;
    }

    private static boolean isEllipsis(String line) {
        return line.endsWith("...") || line.endsWith("…");
    }
}
