package org.millrace.bpe;

/// What the split patterns ask of a character. Letters, numbers and white space are those of the JDK's
/// Unicode. What is no UTF-8 is a symbol, byte by byte.
final class CharacterClass {

    static final int SYMBOL = 0;
    static final int LETTER = 1;
    static final int NUMBER = 2;
    static final int SPACE = 3;
    static final int NEWLINE = 4;

    private static final int LETTERS = 1 << Character.UPPERCASE_LETTER
            | 1 << Character.LOWERCASE_LETTER
            | 1 << Character.TITLECASE_LETTER
            | 1 << Character.MODIFIER_LETTER
            | 1 << Character.OTHER_LETTER;
    private static final int NUMBERS =
            1 << Character.DECIMAL_DIGIT_NUMBER | 1 << Character.LETTER_NUMBER | 1 << Character.OTHER_NUMBER;

    /// Of the characters below U+10000, which are nearly all that are written.
    private static final byte[] OF = new byte[1 << 16];

    static {
        for (int c = 0; c < OF.length; c++) {
            OF[c] = (byte) compute(c);
        }
    }

    private CharacterClass() {}

    static int of(int c) {
        return c < OF.length ? OF[c] : compute(c);
    }

    /// The class and the length of the character at a place: `class | bytes << 3`.
    static int at(byte[] utf8, int at, int limit) {
        int first = utf8[at];
        return first >= 0 ? OF[first] | 1 << 3 : ofSeveral(utf8, at, limit);
    }

    static int classOf(int classAndLength) {
        return classAndLength & 7;
    }

    static int lengthOf(int classAndLength) {
        return classAndLength >> 3;
    }

    private static int ofSeveral(byte[] utf8, int at, int limit) {
        int first = utf8[at] & 0xFF;
        int second = at + 1 < limit ? utf8[at + 1] & 0xFF : 0;
        if (first < 0xE0) {
            return first >= 0xC2 && isContinuation(second) ? OF[(first & 0x1F) << 6 | second & 0x3F] | 2 << 3 : 1 << 3;
        }
        int third = at + 2 < limit ? utf8[at + 2] & 0xFF : 0;
        if (first < 0xF0) {
            int c = (first & 0x0F) << 12 | (second & 0x3F) << 6 | third & 0x3F;
            boolean isOne = isContinuation(second) && isContinuation(third) && c >= 0x800 && (c < 0xD800 || c > 0xDFFF);
            return isOne ? OF[c] | 3 << 3 : 1 << 3;
        }
        int fourth = at + 3 < limit ? utf8[at + 3] & 0xFF : 0;
        int c = (first & 0x07) << 18 | (second & 0x3F) << 12 | (third & 0x3F) << 6 | fourth & 0x3F;
        boolean isOne = first < 0xF5
                && isContinuation(second)
                && isContinuation(third)
                && isContinuation(fourth)
                && c >= 0x10000
                && c <= Character.MAX_CODE_POINT;
        return isOne ? compute(c) | 4 << 3 : 1 << 3;
    }

    private static boolean isContinuation(int b) {
        return (b & 0xC0) == 0x80;
    }

    private static int compute(int c) {
        if (c == '\n' || c == '\r') {
            return NEWLINE;
        }
        if (isSpace(c)) {
            return SPACE;
        }
        int type = 1 << Character.getType(c);
        return (LETTERS & type) != 0 ? LETTER : (NUMBERS & type) != 0 ? NUMBER : SYMBOL;
    }

    /// Unicode's White_Space.
    private static boolean isSpace(int c) {
        return c == ' '
                || c >= '\t' && c <= '\r'
                || c == 0x85
                || c == 0xA0
                || c == 0x1680
                || c >= 0x2000 && c <= 0x200A
                || c == 0x2028
                || c == 0x2029
                || c == 0x202F
                || c == 0x205F
                || c == 0x3000;
    }
}
