package org.millrace.cleaner.duplicate;

import java.lang.Character.UnicodeScript;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// A text without what two texts may differ in and still say the same: case, numbers, punctuation,
/// accents. Reads each character a few times; the regular expressions that define it took a third of
/// all the time that a page takes.
final class Simplified {

    private static final int FIRST_UNSPACED = 0x0E00;

    private Simplified() {}

    /// Its words. Each letter of a script that writes no spaces is one.
    static String[] words(String text) {
        String plain = withoutNumbersAndPunctuation(text.toLowerCase(Locale.ROOT));
        return split((isAscii(plain) ? plain : withoutMarks(plain)).strip());
    }

    private static String withoutNumbersAndPunctuation(String text) {
        StringBuilder plain = new StringBuilder(text.length());
        int i = 0;
        while (i < text.length()) {
            int c = text.codePointAt(i);
            if (isNumber(c)) {
                i = endOfNumber(text, i);
                plain.append('0');
            } else {
                i += Character.charCount(c);
                plain.appendCodePoint(isPunctuation(c) ? ' ' : c);
            }
        }
        return plain.toString();
    }

    /// 1,412.60 is one number.
    private static int endOfNumber(String text, int start) {
        int i = endOfDigits(text, start);
        while (i + 1 < text.length() && (text.charAt(i) == '.' || text.charAt(i) == ',')) {
            int end = endOfDigits(text, i + 1);
            if (end == i + 1) {
                break;
            }
            i = end;
        }
        return i;
    }

    private static int endOfDigits(String text, int start) {
        int i = start;
        while (i < text.length() && isNumber(text.codePointAt(i))) {
            i += Character.charCount(text.codePointAt(i));
        }
        return i;
    }

    private static String withoutMarks(String text) {
        String decomposed = Normalizer.normalize(text, Normalizer.Form.NFD);
        StringBuilder plain = new StringBuilder(decomposed.length());
        for (int i = 0; i < decomposed.length(); ) {
            int c = decomposed.codePointAt(i);
            i += Character.charCount(c);
            if (isUnspaced(c)) {
                plain.append(' ').appendCodePoint(c).append(' ');
            } else if (!isMark(c)) {
                plain.appendCodePoint(c);
            }
        }
        return plain.toString();
    }

    private static String[] split(String text) {
        List<String> words = new ArrayList<>();
        int start = 0;
        for (int i = 0; i <= text.length(); i++) {
            if (i == text.length() || isSpace(text.charAt(i))) {
                if (i > start) {
                    words.add(text.substring(start, i));
                }
                start = i + 1;
            }
        }
        return words.isEmpty() ? new String[] {""} : words.toArray(String[]::new);
    }

    private static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= 0x80) {
                return false;
            }
        }
        return true;
    }

    private static boolean isSpace(char c) {
        return c == ' ' || c >= '\t' && c <= '\r';
    }

    private static boolean isNumber(int c) {
        if (c < 0x80) {
            return c >= '0' && c <= '9';
        }
        return switch (Character.getType(c)) {
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> true;
            default -> false;
        };
    }

    private static boolean isPunctuation(int c) {
        if (c < 0x80) {
            return c > ' ' && c < 0x7F && !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9');
        }
        return switch (Character.getType(c)) {
            case Character.CONNECTOR_PUNCTUATION,
                    Character.DASH_PUNCTUATION,
                    Character.START_PUNCTUATION,
                    Character.END_PUNCTUATION,
                    Character.INITIAL_QUOTE_PUNCTUATION,
                    Character.FINAL_QUOTE_PUNCTUATION,
                    Character.OTHER_PUNCTUATION,
                    Character.MATH_SYMBOL,
                    Character.CURRENCY_SYMBOL,
                    Character.MODIFIER_SYMBOL,
                    Character.OTHER_SYMBOL -> true;
            default -> false;
        };
    }

    private static boolean isMark(int c) {
        return switch (Character.getType(c)) {
            case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK -> true;
            default -> false;
        };
    }

    private static boolean isUnspaced(int c) {
        return c >= FIRST_UNSPACED
                && !isMark(c)
                && switch (UnicodeScript.of(c)) {
                    case HAN, HIRAGANA, KATAKANA, THAI, LAO, KHMER, MYANMAR -> true;
                    default -> false;
                };
    }
}
