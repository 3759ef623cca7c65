package org.millrace.cleaner.language;

/// Where sentences end, in any script.
public final class Sentences {

    /// Full stops, question and exclamation marks of the scripts of the world, and the ellipsis.
    private static final String TERMINALS = ".!?…。．！？｡؟۔।॥։።፧፨။៕។॰᙮‼⁇⁈⁉᠃᠉";

    /// What may stand behind a full stop and still end its line.
    private static final String CLOSERS = "\"'”’»›)]}」』）》〉】";

    private Sentences() {}

    /// Whether a line ends as a sentence does: with a terminal mark, or with a quotation mark, as C4 counts.
    public static boolean endsAsSentence(String line) {
        int end = line.length() - 1;
        while (end >= 0 && line.charAt(end) == ' ') {
            end--;
        }
        return end >= 0 && (isTerminal(line.charAt(end)) || isQuote(line.charAt(end)) || closed(line, end));
    }

    /// `(He came.)` ends with a bracket, and is a sentence.
    private static boolean closed(String line, int end) {
        return end > 0 && CLOSERS.indexOf(line.charAt(end)) >= 0 && isTerminal(line.charAt(end - 1));
    }

    /// Sentences of a line, at least one. A mark ends one if a space and no small letter follow; a full stop
    /// behind a single letter is an initial's. Marks of scripts without spaces need none.
    ///
    /// @param line not blank
    public static int count(String line) {
        int count = 0;
        boolean open = false;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (isTerminal(c)) {
                if (open && ends(line, i)) {
                    count++;
                    open = false;
                }
            } else if (Character.isLetterOrDigit(c)) {
                open = true;
            }
        }
        return Math.max(1, open ? count + 1 : count);
    }

    private static boolean ends(String line, int at) {
        int next = at + 1;
        while (next < line.length() && (CLOSERS.indexOf(line.charAt(next)) >= 0 || isTerminal(line.charAt(next)))) {
            next++;
        }
        if (next == line.length() || Tokens.isUnspaced(line.charAt(next)) || line.charAt(at) > 0x2FFF) {
            return true;
        }
        if (line.charAt(next) != ' ') {
            return false;
        }
        if (line.charAt(at) == '.' && isInitial(line, at)) {
            return false;
        }
        return next + 1 == line.length() || !Character.isLowerCase(line.charAt(next + 1));
    }

    private static boolean isInitial(String line, int at) {
        return at > 0
                && Character.isUpperCase(line.charAt(at - 1))
                && (at == 1 || !Character.isLetterOrDigit(line.charAt(at - 2)));
    }

    private static boolean isQuote(char c) {
        return c == '"' || c == '\'' || c == '”' || c == '’' || c == '»' || c == '」' || c == '』';
    }

    private static boolean isTerminal(char c) {
        return c == '.' || c == '!' || c == '?' || c > 0x7F && TERMINALS.indexOf(c) >= 0;
    }
}
