package org.millrace.cleaner.personal;

import java.util.ArrayList;
import java.util.List;

/// E-mail addresses as they are written in texts: letters, digits and `._%+-` before the sign, a domain
/// of at least two labels behind it, in any script.
final class Emails implements Finder {

    private static final int LONGEST_LOCAL = 64;
    private static final int LONGEST_LABEL = 63;
    private static final int LONGEST_TOP = 24;

    @Override
    public String placeholder() {
        return "[email]";
    }

    @Override
    public List<Span> find(String text) {
        List<Span> spans = new ArrayList<>();
        int done = 0;
        for (int at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
            int start = local(text, done, at);
            int end = domain(text, at + 1);
            if (start < at && end > at && !isScale(text, at + 1)) {
                spans.add(new Span(start, end));
                done = end;
            }
        }
        return spans;
    }

    private static int local(String text, int from, int at) {
        int start = at;
        while (start > from && at - start < LONGEST_LOCAL && isLocal(text.charAt(start - 1))) {
            start--;
        }
        // A sentence's punctuation before an address is not part of it.
        while (start < at && !Character.isLetterOrDigit(text.charAt(start)) && text.charAt(start) != '_') {
            start++;
        }
        return start;
    }

    /// The end of the longest domain there, or -1.
    private static int domain(String text, int from) {
        int end = -1;
        int label = from;
        while (true) {
            int i = label;
            boolean letters = true;
            while (i < text.length() && i - label < LONGEST_LABEL && isLabel(text.charAt(i))) {
                letters &= Character.isLetter(text.charAt(i));
                i++;
            }
            if (i == label) {
                return end;
            }
            boolean top = label > from && letters && i - label >= 2 && i - label <= LONGEST_TOP;
            if (top && !Finder.isWordAt(text, i)) {
                end = i;
            }
            if (i + 1 >= text.length() || text.charAt(i) != '.') {
                return end;
            }
            label = i + 1;
        }
    }

    /// Pictures for sharp screens are called `icon@2x.png`.
    private static boolean isScale(String text, int from) {
        return text.startsWith("x.", from + 1) && Finder.isDigit(text.charAt(from));
    }

    private static boolean isLocal(char c) {
        return Character.isLetterOrDigit(c) || "._%+-'".indexOf(c) >= 0;
    }

    private static boolean isLabel(char c) {
        return Character.isLetterOrDigit(c) || c == '-';
    }
}
