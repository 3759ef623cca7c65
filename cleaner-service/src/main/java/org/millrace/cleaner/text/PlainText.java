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
            int c = text.codePointAt(i);
            int width = Character.charCount(c);
            if (c == '\r') {
                width = i + 1 < text.length() && text.charAt(i + 1) == '\n' ? 2 : 1;
                visible.append('\n');
            } else if (c >= ' ' && c < 0x7F || c == '\n' || c == '\t') {
                visible.append((char) c);
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
        String plain = visible.toString();
        return composed || Normalizer.isNormalized(plain, Normalizer.Form.NFC)
                ? plain
                : Normalizer.normalize(plain, Normalizer.Form.NFC);
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
                collapsed.append(c);
                space = false;
                breaks = 0;
            }
        }
        return collapsed.toString();
    }

    private static String fenced(String text) {
        StringBuilder whole = new StringBuilder(text.length());
        for (Part part : parts(text)) {
            String plain = part.code() ? code(part.text()) : collapsed(part.text());
            if (!plain.isEmpty()) {
                // A part begins and ends with whole lines, so its line breaks at the ends were lost.
                String lead = part.text()
                        .substring(
                                0,
                                part.text().length()
                                        - part.text().stripLeading().length());
                boolean close = whole.isEmpty() || whole.charAt(whole.length() - 1) == '\n';
                if (!close) {
                    whole.append(part.apart() || lead.contains("\n") ? "\n\n" : "\n");
                }
                whole.append(plain);
            }
        }
        return whole.toString();
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

    /// Prose, or one listing with its two fences.
    ///
    /// @param apart a blank line stands before it
    record Part(String text, boolean code, boolean apart) {}

    /// A fence that nothing closes is a line like any other.
    static List<Part> parts(String text) {
        List<Part> parts = new ArrayList<>();
        List<String> lines = text.lines().toList();
        StringBuilder prose = new StringBuilder();
        boolean blank = false;
        boolean apart = false;
        int i = 0;
        while (i < lines.size()) {
            int end = isOpening(lines.get(i)) ? closing(lines, i + 1) : -1;
            if (end < 0) {
                if (prose.isEmpty()) {
                    apart = blank;
                }
                blank = lines.get(i).isBlank();
                prose.append(lines.get(i)).append('\n');
                i++;
                continue;
            }
            if (!prose.isEmpty()) {
                parts.add(new Part(prose.toString(), false, apart));
                prose.setLength(0);
            }
            parts.add(new Part(String.join("\n", lines.subList(i, end + 1)), true, blank));
            blank = false;
            i = end + 1;
        }
        if (!prose.isEmpty()) {
            parts.add(new Part(prose.toString(), false, apart));
        }
        return parts;
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
