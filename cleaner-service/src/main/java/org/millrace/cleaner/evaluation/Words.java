package org.millrace.cleaner.evaluation;

import java.lang.Character.UnicodeScript;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.Locale;

/// A text as the words that are compared: lower case, without marks of punctuation. Numbers stay, for two
/// sums may differ in nothing else. A character of a script that writes no spaces is a word.
final class Words {

    private final String text;
    private int[] starts = new int[256];
    private int[] ends = new int[256];
    private int count;

    private Words(String text) {
        this.text = text;
    }

    static Words of(String text) {
        Words words = new Words(Normalizer.normalize(text, Normalizer.Form.NFKC).toLowerCase(Locale.ROOT));
        words.split();
        return words;
    }

    int count() {
        return count;
    }

    /// Of the `length` words from the one at `from` on.
    long hash(int from, int length) {
        long hash = length;
        for (int word = from; word < from + length; word++) {
            for (int at = starts[word]; at < ends[word]; at++) {
                hash = (hash ^ text.charAt(at)) * 0x100000001B3L;
            }
            hash = (hash ^ (hash >>> 32)) * 0x9E3779B97F4A7C15L; // the end of a word counts
        }
        return hash ^ (hash >>> 29);
    }

    /// The same words for people, with single spaces.
    String shown(int from, int length) {
        StringBuilder shown = new StringBuilder();
        for (int word = from; word < from + length; word++) {
            shown.append(word == from ? "" : " ").append(text, starts[word], ends[word]);
        }
        return shown.toString();
    }

    private void split() {
        int start = -1;
        int at = 0;
        while (at < text.length()) {
            int c = text.codePointAt(at);
            int next = at + Character.charCount(c);
            boolean alone = writesNoSpaces(c);
            if (start >= 0 && (alone || !isPart(c))) {
                add(start, at);
                start = -1;
            }
            if (alone) {
                add(at, next);
            } else if (start < 0 && isPart(c)) {
                start = at;
            }
            at = next;
        }
        if (start >= 0) {
            add(start, at);
        }
    }

    private static boolean isPart(int c) {
        if (Character.isLetterOrDigit(c)) {
            return true;
        }
        int type = Character.getType(c);
        return type == Character.NON_SPACING_MARK || type == Character.COMBINING_SPACING_MARK;
    }

    private static boolean writesNoSpaces(int c) {
        if (c < 0x0E00 || !Character.isLetter(c)) {
            return false;
        }
        UnicodeScript script = UnicodeScript.of(c);
        return script == UnicodeScript.HAN
                || script == UnicodeScript.HIRAGANA
                || script == UnicodeScript.KATAKANA
                || script == UnicodeScript.THAI;
    }

    private void add(int start, int end) {
        if (count == starts.length) {
            starts = Arrays.copyOf(starts, count * 2);
            ends = Arrays.copyOf(ends, count * 2);
        }
        starts[count] = start;
        ends[count] = end;
        count++;
    }
}
