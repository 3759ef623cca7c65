package org.millrace.cleaner.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.millrace.cleaner.language.Orthography;
import org.millrace.cleaner.language.Sentences;
import org.millrace.cleaner.language.Tokens;

/// A text under judgement, split and counted once for all rules.
public final class Subject {

    private final String text;
    private final String language;
    private final double languageScore;
    private final int maskedSpans;
    private final OptionalDouble qualityScore;
    private final Tokens tokens;
    private final Words words;
    private final List<String> lines;
    private final List<String> paragraphs;

    /// @param text as it would be published
    /// @param tokens of that text
    /// @param language ISO 639-1, empty if unknown
    /// @param languageScore 0 to 1
    /// @param maskedSpans pieces of personal data that were masked in `text`
    /// @param qualityScore 0 to 1, empty if there is no classifier
    public Subject(
            String text,
            Tokens tokens,
            String language,
            double languageScore,
            int maskedSpans,
            OptionalDouble qualityScore) {
        this.text = text;
        this.language = language;
        this.languageScore = languageScore;
        this.maskedSpans = maskedSpans;
        this.qualityScore = qualityScore;
        this.tokens = tokens;
        this.words = Words.of(text, tokens);
        this.lines = split(text, 1);
        this.paragraphs = split(text, 2);
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

    OptionalDouble qualityScore() {
        return qualityScore;
    }

    Orthography orthography() {
        return Orthography.of(language);
    }

    /// What stands between white space, counted.
    Words words() {
        return words;
    }

    /// Words and punctuation marks apart, as Gopher's n-grams count them.
    Tokens tokens() {
        return tokens;
    }

    /// What one newline or more separate.
    List<String> lines() {
        return lines;
    }

    /// What blank lines separate: two newlines or more.
    List<String> paragraphs() {
        return paragraphs;
    }

    /// Each line is one at least: a heading or a list item says something too.
    int sentences() {
        int sentences = 0;
        for (String line : lines) {
            sentences += Sentences.count(line);
        }
        return sentences;
    }

    /// @param least newlines that separate
    private static List<String> split(String text, int least) {
        List<String> parts = new ArrayList<>();
        int start = 0;
        int i = 0;
        while (i < text.length()) {
            int end = i;
            while (i < text.length() && text.charAt(i) == '\n') {
                i++;
            }
            if (i - end >= least) {
                add(parts, text.substring(start, end));
                start = i;
            }
            i = i == end ? i + 1 : i;
        }
        add(parts, text.substring(start));
        return parts;
    }

    private static void add(List<String> parts, String part) {
        if (!part.isBlank()) {
            parts.add(part);
        }
    }
}
