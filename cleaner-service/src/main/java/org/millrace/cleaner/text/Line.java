package org.millrace.cleaner.text;

/// The text of the block that is being read, with its spaces collapsed as a browser does.
final class Line {

    static final String CELL = " | ";

    private final StringBuilder text = new StringBuilder();
    private int linkCharacters;
    private boolean space;
    private boolean newline;
    private boolean code;
    private boolean cell;
    private boolean row;

    void append(String words, boolean link) {
        int before = text.length();
        if (code) {
            text.append(words);
        } else {
            collapse(words);
        }
        if (link) {
            linkCharacters += text.length() - before;
        }
    }

    private void collapse(String words) {
        for (int i = 0; i < words.length(); i++) {
            char c = words.charAt(i);
            if (c <= ' ' || c >= 0x85 && (Character.isSpaceChar(c) || Character.isWhitespace(c))) {
                space = true;
                newline |= c == '\n';
                continue;
            }
            if (cell) {
                text.append(text.isEmpty() ? "" : CELL);
                row = true;
            } else if (space && !atStart() && !(newline && joins(text.charAt(text.length() - 1), c))) {
                text.append(' ');
            }
            cell = false;
            space = false;
            newline = false;
            int end = endOfWord(words, i);
            text.append(words, i, end);
            i = end - 1;
        }
    }

    private static int endOfWord(String words, int start) {
        int i = start + 1;
        while (i < words.length() && words.charAt(i) > ' ' && words.charAt(i) < 0x85) {
            i++;
        }
        return i;
    }

    /// The source of a page may be wrapped between two characters of a script without spaces.
    private static boolean joins(char before, char after) {
        return before >= 0x2E80 && after >= 0x2E80 && Words.isUnspaced(before) && Words.isUnspaced(after);
    }

    private boolean atStart() {
        return text.isEmpty() || text.charAt(text.length() - 1) == '\n';
    }

    /// @return whether this is the second in a row, which ends the block
    boolean lineBreak() {
        space = false;
        newline = false;
        if (code) {
            text.append('\n');
            return false;
        }
        if (cell || row) {
            space = true;
            return false;
        }
        if (!text.isEmpty() && text.charAt(text.length() - 1) == '\n') {
            return true;
        }
        if (!text.isEmpty()) {
            text.append('\n');
        }
        return false;
    }

    /// The edge of a box inside a row or a listing.
    void boundary() {
        if (!code) {
            space = true;
        } else if (!atStart()) {
            text.append('\n');
        }
    }

    void cell() {
        if (code) {
            boundary();
        } else {
            cell = !text.isEmpty();
        }
    }

    void beginCode() {
        code = true;
    }

    void endCode() {
        code = false;
    }

    boolean isCode() {
        return code;
    }

    int linkCharacters() {
        return Math.min(linkCharacters, text.length());
    }

    /// The finished text, empty if a reader would see nothing.
    String take() {
        int end = text.length();
        while (end > 0 && Character.isWhitespace(text.charAt(end - 1))) {
            end--;
        }
        int start = 0;
        for (int i = 0; code && i < end && Character.isWhitespace(text.charAt(i)); i++) {
            start = text.charAt(i) == '\n' ? i + 1 : start; // blank lines go, the first indentation stays
        }
        String taken = text.substring(Math.min(start, end), end);
        text.setLength(0);
        linkCharacters = 0;
        space = false;
        newline = false;
        cell = false;
        row = false;
        return taken;
    }
}
