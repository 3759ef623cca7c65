package org.millrace.reward;

import java.text.Normalizer;
import java.util.Locale;
import java.util.regex.Pattern;

/// Says whether an answer is one of the right ones, however it is written: compatibility forms, case,
/// punctuation at the ends, articles and blanks make no difference.
///
/// It compares whole answers. A right word inside a long answer does not count: a policy would learn to
/// say everything at once.
public final class ExactAnswer {

    private static final Pattern BLANKS = Pattern.compile("[\\s\\p{Z}]+");
    private static final Pattern ENDS = Pattern.compile("^[\\p{P}\\p{S}\\s]+|[\\p{P}\\p{S}\\s]+$");
    private static final Pattern ARTICLES = Pattern.compile("\\b(?:a|an|the)\\b", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern SEPARATOR = Pattern.compile("\\|");

    private ExactAnswer() {}

    /// @param reference alternatives, apart by `|`
    static boolean isRight(String answer, String reference) {
        String said = normalise(answer);
        return !said.isEmpty() && SEPARATOR.splitAsStream(reference).anyMatch(right -> said.equals(normalise(right)));
    }

    /// False if no answer could ever be right.
    static boolean isUsable(String reference) {
        return SEPARATOR.splitAsStream(reference).anyMatch(right -> !normalise(right)
                .isEmpty());
    }

    /// Doing it twice changes nothing.
    static String normalise(String text) {
        // Upper case first: ß and SS, ς and σ fall together.
        String folded = Normalizer.normalize(text, Normalizer.Form.NFKC)
                .toUpperCase(Locale.ROOT)
                .toLowerCase(Locale.ROOT);
        String plain = trim(Normalizer.normalize(folded, Normalizer.Form.NFKC));
        String bare = trim(ARTICLES.matcher(plain).replaceAll(" "));
        return bare.isEmpty() ? plain : bare; // "A" can be an answer
    }

    private static String trim(String text) {
        return BLANKS.matcher(ENDS.matcher(text).replaceAll("")).replaceAll(" ").strip();
    }
}
