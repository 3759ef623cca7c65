package org.millrace.bpe;

/// Cuts text into the pieces within which merges happen: words with the space before them, numbers
/// of one or two digits, runs of punctuation, white space.
///
/// The same pieces as [#PATTERN], which is GPT-4's with numbers of at most two digits (nanochat
/// measured that better at small vocabularies), but in one pass: every character is looked at a
/// bounded number of times, so no text makes it slow. Letters, numbers and white space are those
/// of the JDK's Unicode.
final class Splitter {

    /// What `tokenizer.json` says; Hugging Face's reader runs it as a regular expression.
    static final String PATTERN = "'(?i:[sdmt]|ll|ve|re)"
            + "|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+"
            + "|\\p{N}{1,2}"
            + "| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*"
            + "|\\s*[\\r\\n]"
            + "|\\s+(?!\\S)"
            + "|\\s+";

    private static final int LETTERS = 1 << Character.UPPERCASE_LETTER
            | 1 << Character.LOWERCASE_LETTER
            | 1 << Character.TITLECASE_LETTER
            | 1 << Character.MODIFIER_LETTER
            | 1 << Character.OTHER_LETTER;
    private static final int NUMBERS =
            1 << Character.DECIMAL_DIGIT_NUMBER | 1 << Character.LETTER_NUMBER | 1 << Character.OTHER_NUMBER;

    private Splitter() {}

    /// Where the piece that starts at `start` ends. The cases follow the pattern's alternatives.
    static int end(String text, int start) {
        int first = text.codePointAt(start);
        int second = start + Character.charCount(first);
        if (first == '\'') {
            int contraction = contraction(text, second);
            if (contraction > second) {
                return contraction;
            }
        }
        if (isLetter(first)) {
            return letters(text, second);
        }
        if (isNumber(first)) {
            return second < text.length() && isNumber(text.codePointAt(second))
                    ? second + Character.charCount(text.codePointAt(second))
                    : second;
        }
        if (!isNewline(first)) {
            int word = letters(text, second);
            if (word > second) {
                return word;
            }
        }
        int symbols = symbols(text, first == ' ' ? second : start);
        if (symbols > start) {
            return symbols;
        }
        return space(text, start);
    }

    /// End of `s d m t ll ve re` at `start` in either case, or `start` if there is none. The long
    /// s (ſ) is a case of s.
    private static int contraction(String text, int start) {
        if (start >= text.length()) {
            return start;
        }
        char first = text.charAt(start);
        if (first == 'ſ' || "sdmt".indexOf(lower(first)) >= 0) {
            return start + 1;
        }
        if (start + 1 >= text.length()) {
            return start;
        }
        char second = lower(text.charAt(start + 1));
        return switch (lower(first)) {
            case 'l' -> second == 'l' ? start + 2 : start;
            case 'v', 'r' -> second == 'e' ? start + 2 : start;
            default -> start;
        };
    }

    private static char lower(char c) {
        return c >= 'A' && c <= 'Z' ? (char) (c + 32) : c;
    }

    private static int letters(String text, int start) {
        int at = start;
        while (at < text.length()) {
            int c = text.codePointAt(at);
            if (!isLetter(c)) {
                break;
            }
            at += Character.charCount(c);
        }
        return at;
    }

    /// End of the run of symbols at `start` and of the newlines after it, or -1 if there is none.
    private static int symbols(String text, int start) {
        int at = start;
        while (at < text.length()) {
            int c = text.codePointAt(at);
            if (isSpace(c) || isLetter(c) || isNumber(c)) {
                break;
            }
            at += Character.charCount(c);
        }
        if (at == start) {
            return -1;
        }
        while (at < text.length() && isNewline(text.charAt(at))) {
            at++;
        }
        return at;
    }

    /// White space up to its last newline; else all of it if the text ends there; else all but the
    /// last, which belongs to what follows; else the only one. All white space is in the BMP.
    private static int space(String text, int start) {
        int end = start;
        int newline = -1;
        while (end < text.length() && isSpace(text.charAt(end))) {
            if (isNewline(text.charAt(end))) {
                newline = end;
            }
            end++;
        }
        if (newline >= 0) {
            return newline + 1;
        }
        return end == text.length() || end == start + 1 ? end : end - 1;
    }

    private static boolean isLetter(int c) {
        if (c < 128) {
            return (c | 32) >= 'a' && (c | 32) <= 'z';
        }
        return (LETTERS >> Character.getType(c) & 1) != 0;
    }

    private static boolean isNumber(int c) {
        if (c < 128) {
            return c >= '0' && c <= '9';
        }
        return (NUMBERS >> Character.getType(c) & 1) != 0;
    }

    private static boolean isNewline(int c) {
        return c == '\n' || c == '\r';
    }

    /// Unicode's White_Space.
    private static boolean isSpace(int c) {
        if (c < 128) {
            return c == ' ' || c >= '\t' && c <= '\r';
        }
        return c == 0x85
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
