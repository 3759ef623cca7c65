package org.millrace.cli.probe;

import java.text.Normalizer;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/// Texts as their words: compatible forms made one (NFKD), in lower case, without accents, apostrophes,
/// punctuation, the commas of thousands, and the articles "a", "an" and "the". A character of Chinese or Japanese is
/// a word.
///
/// - **Source:** Rajpurkar et al. 2016, SQuAD, section 6.1 (normalised exact match).
final class Wording {

    private static final Pattern LEFT_OUT =
            Pattern.compile("[\\p{InCombiningDiacriticalMarks}'\u2019]+|(?<=\\p{N}),(?=\\p{N}{3}(?!\\p{N}))");
    private static final Pattern WORD = Pattern.compile("[\\p{IsHan}\\p{IsHiragana}\\p{IsKatakana}]"
            + "|[[\\p{L}\\p{M}\\p{N}]&&[^\\p{IsHan}\\p{IsHiragana}\\p{IsKatakana}]]+");
    private static final List<String> ARTICLES = List.of("a", "an", "the");

    private Wording() {}

    static List<String> words(String text) {
        String plain = LEFT_OUT.matcher(Normalizer.normalize(text, Normalizer.Form.NFKD))
                .replaceAll("");
        return WORD.matcher(plain.toLowerCase(Locale.ROOT))
                .results()
                .map(MatchResult::group)
                .filter(word -> !ARTICLES.contains(word))
                .toList();
    }

    /// Whether a text says all words of another, one behind the other.
    static boolean says(String text, String what) {
        List<String> words = words(what);
        return !words.isEmpty() && Collections.indexOfSubList(words(text), words) >= 0;
    }
}
