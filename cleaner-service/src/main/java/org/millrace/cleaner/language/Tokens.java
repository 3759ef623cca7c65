package org.millrace.cleaner.language;

import java.lang.Character.UnicodeScript;
import java.text.BreakIterator;
import java.util.Arrays;
import java.util.Locale;

/// The words and punctuation marks of a text, in order. A word is a run of letters, marks and digits,
/// with an apostrophe inside; any other character that is no space stands alone.
///
/// Where no spaces are written, words are cut by what the script allows: Thai by the JDK's
/// dictionary, kana where the script changes, Chinese characters and the syllables of Lao, Khmer and
/// Burmese one by one.
public final class Tokens {

    private static final int FIRST_UNSPACED = 0x0E00;

    private final String text;
    private int[] starts = new int[256];
    private int[] ends = new int[256];
    private long[] hashes = new long[256];
    private int size;
    private int words;
    private int wordCharacters;
    private int syllables;

    private Tokens(String text) {
        this.text = text;
    }

    public static Tokens of(String text) {
        Tokens tokens = new Tokens(text);
        int i = 0;
        while (i < text.length()) {
            int c = text.codePointAt(i);
            if (Character.isWhitespace(c) || Character.isSpaceChar(c)) {
                i += Character.charCount(c);
            } else if (!isWord(c)) {
                tokens.add(i, i + Character.charCount(c), false);
                i += Character.charCount(c);
            } else {
                i = isUnspaced(c) ? tokens.unspaced(i, UnicodeScript.of(c)) : tokens.spaced(i);
            }
        }
        return tokens;
    }

    private int spaced(int start) {
        boolean said = false;
        int i = start;
        while (i < text.length()) {
            int c = text.codePointAt(i);
            if (!isWord(c) || isUnspaced(c)) {
                break;
            }
            said |= Character.isLetterOrDigit(c);
            i += Character.charCount(c);
        }
        if (i + 1 < text.length() && (text.charAt(i) == '\'' || text.charAt(i) == '’')) {
            int end = i + 1;
            while (end < text.length() && isLetterOrMark(text.codePointAt(end))) {
                end += Character.charCount(text.codePointAt(end));
            }
            i = end > i + 1 ? end : i;
        }
        add(start, i, said);
        return i;
    }

    private int unspaced(int start, UnicodeScript script) {
        int i = start + Character.charCount(text.codePointAt(start));
        boolean runs =
                script == UnicodeScript.HIRAGANA || script == UnicodeScript.KATAKANA || script == UnicodeScript.THAI;
        while (i < text.length()) {
            int c = text.codePointAt(i);
            boolean on = isMark(c) || runs && isWord(c) && sameRun(c, script);
            if (!on) {
                break;
            }
            i += Character.charCount(c);
        }
        if (script == UnicodeScript.THAI) {
            thai(start, i);
        } else {
            add(start, i, true);
            syllables += runs ? 0 : 1;
        }
        return i;
    }

    private static boolean sameRun(int c, UnicodeScript script) {
        UnicodeScript other = UnicodeScript.of(c);
        return other == script || script == UnicodeScript.KATAKANA && c == 'ー';
    }

    private void thai(int start, int end) {
        BreakIterator breaks = BreakIterator.getWordInstance(Locale.of("th"));
        breaks.setText(text.substring(start, end));
        int from = breaks.first();
        for (int to = breaks.next(); to != BreakIterator.DONE; from = to, to = breaks.next()) {
            add(start + from, start + to, true);
        }
    }

    private void add(int start, int end, boolean word) {
        if (size == starts.length) {
            starts = Arrays.copyOf(starts, 2 * size);
            ends = Arrays.copyOf(ends, 2 * size);
            hashes = Arrays.copyOf(hashes, 2 * size);
        }
        starts[size] = start;
        ends[size] = end;
        long hash = 0;
        for (int i = start; i < end; i++) {
            hash = (hash ^ text.charAt(i)) * 0x100000001B3L;
        }
        hashes[size] = mix(hash);
        size++;
        if (word) {
            words++;
            wordCharacters += text.codePointCount(start, end);
        }
    }

    /// How many there are.
    public int size() {
        return size;
    }

    public String get(int index) {
        return text.substring(starts[index], ends[index]);
    }

    public int length(int index) {
        return ends[index] - starts[index];
    }

    public int start(int index) {
        return starts[index];
    }

    public int end(int index) {
        return ends[index];
    }

    /// Equal tokens have equal hashes; different ones differ but for one chance in 2^64.
    public long hash(int index) {
        return hashes[index];
    }

    /// Equal for tokens that differ in case only.
    public long lowerCaseHash(int index) {
        long hash = 0;
        for (int i = starts[index]; i < ends[index]; i++) {
            hash = (hash ^ Character.toLowerCase(text.charAt(i))) * 0x100000001B3L;
        }
        return mix(hash);
    }

    /// Continues a hash of characters with those of a token.
    public long extend(long hash, long factor, int index) {
        long extended = hash;
        for (int i = starts[index]; i < ends[index]; i++) {
            extended = extended * factor + text.charAt(i) + 1;
        }
        return extended;
    }

    /// Whether it is a word of a script that writes no spaces.
    public boolean unspacedAt(int index) {
        return isUnspaced(text.codePointAt(starts[index]));
    }

    /// How many hold a letter or a digit.
    public int words() {
        return words;
    }

    /// Code points of those that hold a letter or a digit.
    public int wordCharacters() {
        return wordCharacters;
    }

    /// Whether most words are single characters or syllables of a script without spaces. Two of them make
    /// a word, about: what is counted in words counts two for one then.
    public boolean areSyllables() {
        return 2 * syllables > words;
    }

    private static boolean isWord(int c) {
        return c < 0x80
                ? c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
                : Character.isLetter(c) || isMark(c) || isNumber(c);
    }

    private static boolean isLetterOrMark(int c) {
        return Character.isLetter(c) || isMark(c);
    }

    private static boolean isMark(int c) {
        int type = Character.getType(c);
        return type == Character.NON_SPACING_MARK
                || type == Character.COMBINING_SPACING_MARK
                || type == Character.ENCLOSING_MARK;
    }

    private static boolean isNumber(int c) {
        int type = Character.getType(c);
        return type == Character.DECIMAL_DIGIT_NUMBER
                || type == Character.LETTER_NUMBER
                || type == Character.OTHER_NUMBER;
    }

    static boolean isUnspaced(int c) {
        return c >= FIRST_UNSPACED
                && switch (UnicodeScript.of(c)) {
                    case HAN, HIRAGANA, KATAKANA, THAI, LAO, KHMER, MYANMAR -> true;
                    default -> false;
                };
    }

    /// SplitMix64's finaliser: every output bit depends on every input bit.
    private static long mix(long z) {
        long x = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        x = (x ^ (x >>> 27)) * 0x94D049BB133111EBL;
        return x ^ (x >>> 31);
    }
}
