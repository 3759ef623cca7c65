package org.millrace.cleaner.rule;

import java.util.Arrays;
import java.util.function.Predicate;
import org.millrace.cleaner.language.Tokens;

/// What stands between white space. Where a script writes no spaces, its single words count.
final class Words {

    private final String text;
    private int[] bounds = new int[256]; // start and end in turn
    private int size;
    private int count;
    private int symbolic;
    private int alphabetic;

    private Words(String text) {
        this.text = text;
    }

    static Words of(String text, Tokens tokens) {
        Words words = new Words(text);
        int token = 0;
        int i = 0;
        while (i < text.length()) {
            if (Character.isWhitespace(text.charAt(i))) {
                i++;
                continue;
            }
            int start = i;
            boolean letter = false;
            boolean said = false;
            while (i < text.length() && !Character.isWhitespace(text.charAt(i))) {
                int c = text.codePointAt(i);
                letter |= Character.isLetter(c);
                said |= Character.isLetterOrDigit(c);
                i += Character.charCount(c);
            }
            int unspaced = 0;
            for (; token < tokens.size() && tokens.start(token) < i; token++) {
                unspaced += tokens.unspacedAt(token) ? 1 : 0;
            }
            words.add(start, i, Math.max(1, unspaced), letter, said);
        }
        return words;
    }

    private void add(int start, int end, int weight, boolean letter, boolean said) {
        if (2 * size == bounds.length) {
            bounds = Arrays.copyOf(bounds, 2 * bounds.length);
        }
        bounds[2 * size] = start;
        bounds[2 * size + 1] = end;
        size++;
        count += weight;
        alphabetic += letter ? weight : 0;
        symbolic += said ? 0 : weight;
    }

    int count() {
        return count;
    }

    /// How many hold more than punctuation and symbols.
    int spoken() {
        return count - symbolic;
    }

    /// How many hold a letter.
    int alphabetic() {
        return alphabetic;
    }

    /// @param word asked about each, without what surrounds its letters
    int count(Predicate<String> word) {
        int found = 0;
        for (int i = 0; i < size; i++) {
            int start = bounds[2 * i];
            int end = bounds[2 * i + 1];
            while (start < end && !Character.isLetter(text.charAt(start))) {
                start++;
            }
            while (end > start && !Character.isLetter(text.charAt(end - 1))) {
                end--;
            }
            found += start < end && word.test(text.substring(start, end)) ? 1 : 0;
        }
        return found;
    }
}
