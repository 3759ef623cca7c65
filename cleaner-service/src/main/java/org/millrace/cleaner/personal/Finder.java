package org.millrace.cleaner.personal;

import java.util.ArrayList;
import java.util.List;

/// Finds personal data of one kind. Thread-safe.
interface Finder {

    /// What is written in its place.
    String placeholder();

    /// Every piece, from left to right, none in another.
    List<Span> find(String text);

    /// @param end behind its last character
    record Span(int start, int end) {}

    /// Where a text holds digits, with what people write between them: spaces, dots, dashes, slashes and
    /// brackets, at most three in a row.
    ///
    /// @param least digits
    static List<Span> digitRuns(String text, int least) {
        List<Span> runs = new ArrayList<>();
        int i = 0;
        while (i < text.length()) {
            if (!isDigit(text.charAt(i))) {
                i++;
                continue;
            }
            int start = i;
            int digits = 0;
            int end = i;
            while (i < text.length() && i - end <= 3 && (isDigit(text.charAt(i)) || isSeparator(text.charAt(i)))) {
                if (isDigit(text.charAt(i))) {
                    digits++;
                    end = i + 1;
                }
                i++;
            }
            if (digits >= least) {
                runs.add(new Span(start, end));
            }
            i = Math.max(end, start + 1);
        }
        return runs;
    }

    static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    static boolean isSeparator(char c) {
        return c == ' ' || c == '.' || c == '-' || c == '/' || c == '(' || c == ')' || c >= '\u2010' && c <= '\u2013';
    }

    /// Whether a letter, a digit or an underscore stands there.
    static boolean isWordAt(String text, int index) {
        return index >= 0
                && index < text.length()
                && (Character.isLetterOrDigit(text.charAt(index)) || text.charAt(index) == '_');
    }
}
