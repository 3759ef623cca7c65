package org.millrace.cleaner.text;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;

/// The one form in which text leaves this service: NFC, no control characters but `\n`, single
/// spaces, no space at a line's start or end, at most one blank line in a row. Between two fences
/// of code (lines of three backticks) spaces stay as they are. Applying it twice changes nothing.
public final class PlainText {

    static final String FENCE = "```";

    private static final String TAB = "    ";
    private static final int LONGEST_FENCE = 20;

    private PlainText() {}

    public static String of(String text) {
        String visible = visible(text);
        return visible.contains(FENCE) ? fenced(visible) : collapsed(visible);
    }

    /// Lines of equal ends, spaces of one kind, nothing invisible, accents on their letters.
    private static String visible(String text) {
        StringBuilder visible = new StringBuilder(text.length());
        boolean composed = true;
        for (int i = 0; i < text.length(); ) {
            int plain = endOfAscii(text, i);
            if (plain > i) {
                visible.append(text, i, plain);
                i = plain;
                continue;
            }
            int c = text.codePointAt(i);
            int width = Character.charCount(c);
            if (c == '\r') {
                width = i + 1 < text.length() && text.charAt(i + 1) == '\n' ? 2 : 1;
                visible.append('\n');
            } else if (c == 0x0B || c == 0x0C || c == 0x85 || c == 0x2028 || c == 0x2029) {
                visible.append('\n');
            } else if (Character.isSpaceChar(c)) {
                visible.append(' ');
            } else if (isVisible(c)) {
                composed &= c < 0x300;
                visible.appendCodePoint(c);
            }
            i += width;
        }
        String whole = visible.toString();
        return composed || Normalizer.isNormalized(whole, Normalizer.Form.NFC)
                ? whole
                : Normalizer.normalize(whole, Normalizer.Form.NFC);
    }

    private static int endOfAscii(String text, int start) {
        int i = start;
        while (i < text.length()) {
            char c = text.charAt(i);
            if (c >= 0x7F || c < ' ' && c != '\n' && c != '\t') {
                return i;
            }
            i++;
        }
        return i;
    }

    /// The two joiners U+200C and U+200D stay: Persian, Hindi and emoji are spelled with them.
    private static boolean isVisible(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.UNASSIGNED, Character.SURROGATE, Character.PRIVATE_USE -> false;
            case Character.FORMAT -> c == 0x200C || c == 0x200D;
            default -> true;
        };
    }

    private static String collapsed(String text) {
        StringBuilder collapsed = new StringBuilder(text.length());
        boolean space = false;
        int breaks = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == ' ' || c == '\t') {
                space = true;
            } else if (c == '\n') {
                breaks++;
            } else {
                if (!collapsed.isEmpty() && breaks > 0) {
                    collapsed.append(breaks > 1 ? "\n\n" : "\n");
                } else if (space && !collapsed.isEmpty()) {
                    collapsed.append(' ');
                }
                int end = endOfWord(text, i);
                collapsed.append(text, i, end);
                i = end - 1;
                space = false;
                breaks = 0;
            }
        }
        return collapsed.toString();
    }

    private static int endOfWord(String text, int start) {
        int i = start + 1;
        while (i < text.length() && text.charAt(i) > ' ') {
            i++;
        }
        return i;
    }

    private static String fenced(String text) {
        StringBuilder whole = new StringBuilder(text.length());
        for (Part part : parts(text)) {
            append(whole, part.apart(), part.code() ? code(part.text()) : collapsed(part.text()));
        }
        return whole.toString();
    }

    static void append(StringBuilder whole, boolean apart, String part) {
        if (!part.isEmpty()) {
            whole.append(whole.isEmpty() ? "" : apart ? "\n\n" : "\n").append(part);
        }
    }

    private static String code(String text) {
        StringBuilder code = new StringBuilder(text.length());
        int blank = 0;
        for (String line : text.lines().toList()) {
            String kept = line.replace("\t", TAB).stripTrailing();
            blank = kept.isEmpty() ? blank + 1 : 0;
            if (blank < 2) {
                code.append(code.isEmpty() ? "" : "\n").append(line.strip().startsWith(FENCE) ? kept.strip() : kept);
            }
        }
        return code.toString();
    }

    /// Prose, or one listing with its two fences; without blank lines around it.
    ///
    /// @param apart a blank line stands before it
    record Part(String text, boolean code, boolean apart) {}

    /// A fence that nothing closes is a line like any other.
    static List<Part> parts(String text) {
        List<Part> parts = new ArrayList<>();
        List<String> lines = text.lines().toList();
        int lastFence = lastFence(lines);
        int proseStart = 0;
        int i = 0;
        while (i < lines.size()) {
            int end = i < lastFence && isOpening(lines.get(i)) ? closing(lines, i + 1) : -1;
            if (end < 0) {
                i++;
                continue;
            }
            addProse(parts, lines, proseStart, i);
            boolean apart = i > 0 && lines.get(i - 1).isBlank();
            parts.add(new Part(String.join("\n", lines.subList(i, end + 1)), true, apart));
            i = end + 1;
            proseStart = i;
        }
        addProse(parts, lines, proseStart, lines.size());
        return parts;
    }

    private static void addProse(List<Part> parts, List<String> lines, int from, int to) {
        int start = from;
        int end = to;
        while (start < end && lines.get(start).isBlank()) {
            start++;
        }
        while (start < end && lines.get(end - 1).isBlank()) {
            end--;
        }
        if (start < end) {
            parts.add(new Part(String.join("\n", lines.subList(start, end)), false, start > from));
        }
    }

    private static int lastFence(List<String> lines) {
        int last = lines.size() - 1;
        while (last >= 0 && !lines.get(last).strip().equals(FENCE)) {
            last--;
        }
        return last;
    }

    private static boolean isOpening(String line) {
        String fence = line.strip();
        return fence.startsWith(FENCE)
                && fence.length() <= LONGEST_FENCE
                && fence.chars().skip(FENCE.length()).allMatch(Character::isLetterOrDigit);
    }

    private static int closing(List<String> lines, int from) {
        for (int i = from; i < lines.size(); i++) {
            if (lines.get(i).strip().equals(FENCE)) {
                return i;
            }
        }
        return -1;
    }
}
