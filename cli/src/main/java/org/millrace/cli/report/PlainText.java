package org.millrace.cli.report;

/// Foreign text made harmless for people's eyes and terminals: titles and addresses of pages may hold
/// escape sequences, and characters that turn the direction of what stands beside them.
public final class PlainText {

    private static final char REPLACEMENT = '\uFFFD';

    private PlainText() {}

    /// The text as it stands, its lines and tabs too, without control characters and those that turn its direction.
    /// Each character is looked at alone, so that a text may come in pieces.
    public static String text(String foreign) {
        return foreign.codePoints()
                .map(point -> point == '\n' || point == '\t' || !(Character.isISOControl(point) || turns(point))
                        ? point
                        : REPLACEMENT)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    /// The text in one line, without control characters.
    public static String line(String foreign) {
        StringBuilder line = new StringBuilder(foreign.length());
        foreign.codePoints().forEach(point -> {
            if (Character.isWhitespace(point) || Character.isSpaceChar(point)) {
                if (!line.isEmpty() && line.charAt(line.length() - 1) != ' ') {
                    line.append(' ');
                }
            } else if (isHarmless(point)) {
                line.appendCodePoint(point);
            } else {
                line.append(REPLACEMENT);
            }
        });
        return line.toString();
    }

    /// [#line], and no longer than `most` characters.
    public static String line(String foreign, int most) {
        // Long texts are cut before they are looked at, and again after.
        String line = line(foreign.length() > 2 * most ? foreign.substring(0, 2 * most) : foreign);
        if (line.length() <= most) {
            return line;
        }
        int end = Character.isHighSurrogate(line.charAt(most - 2)) ? most - 2 : most - 1;
        return line.substring(0, end) + "…";
    }

    private static boolean isHarmless(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.UNASSIGNED -> isJoiner(point);
            default -> true;
        };
    }

    /// Embeddings, overrides and isolates; marks, which words of some languages need, turn nothing beside them.
    private static boolean turns(int point) {
        return (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
    }

    /// Zero-width joiner and non-joiner: Persian words and some emoji need them.
    private static boolean isJoiner(int point) {
        return point == 0x200C || point == 0x200D;
    }
}
