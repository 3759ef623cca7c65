package org.millrace.cleaner.rule;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A text under judgement, split once for all rules.
public final class Subject {

    private static final Pattern TOKEN = Pattern.compile("[\\p{L}\\p{M}\\p{N}_]+(?:['’][\\p{L}\\p{M}]+)?|[^\\s]");

    private final String text;
    private final String language;
    private final double languageScore;
    private final int maskedSpans;
    private final List<String> words;
    private final List<String> tokens;

    /// @param text as it would be published
    /// @param language ISO 639-1, empty if unknown
    /// @param languageScore 0 to 1
    /// @param maskedSpans pieces of personal data that were masked in `text`
    public Subject(String text, String language, double languageScore, int maskedSpans) {
        this.text = text;
        this.language = language;
        this.languageScore = languageScore;
        this.maskedSpans = maskedSpans;
        this.words = text.isBlank() ? List.of() : List.of(text.strip().split("\\s+"));
        List<String> found = new ArrayList<>();
        Matcher matcher = TOKEN.matcher(text);
        while (matcher.find()) {
            found.add(matcher.group());
        }
        this.tokens = List.copyOf(found);
    }

    String text() {
        return text;
    }

    String language() {
        return language;
    }

    double languageScore() {
        return languageScore;
    }

    int maskedSpans() {
        return maskedSpans;
    }

    /// What stands between white space, punctuation included.
    List<String> words() {
        return words;
    }

    /// Words and punctuation marks apart, as Gopher's n-grams count them.
    List<String> tokens() {
        return tokens;
    }

    /// Lines that hold something.
    List<String> lines() {
        return split("\n+");
    }

    /// What blank lines separate.
    List<String> paragraphs() {
        return split("\n{2,}");
    }

    private List<String> split(String separator) {
        return Arrays.stream(text.strip().split(separator))
                .filter(s -> !s.isBlank())
                .toList();
    }
}
