package org.millrace.cleaner.rule;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/// The rules in the order in which they speak; the first breach is the one that is reported.
///
/// FineWeb's order (language, Gopher repetition, Gopher quality, C4, personal data), with one
/// difference: `too-short` comes first, because the language of ten words is a guess and their
/// repetition is chance. The quality rules of FineWeb's own fit between C4 and personal data.
public final class Rules {

    /// Gopher's upper bound.
    private static final int MAXIMUM_WORDS = 100_000;

    private final List<Rule> rules;

    /// @param languages ISO 639-1 codes to keep
    /// @param languageScore a language counts as recognised above this, 0 to 1
    /// @param minimumWords at least 1
    /// @param maximumMaskedSpans at least 0
    /// @param ngramTolerance factor on Gopher's n-gram thresholds, 1 for the reference
    public Rules(
            Set<String> languages,
            double languageScore,
            int minimumWords,
            int maximumMaskedSpans,
            double ngramTolerance) {
        this.rules = List.of(
                new WordCount("too-short", minimumWords, Integer.MAX_VALUE),
                new WantedLanguage(languages, languageScore),
                new RepeatedLines(),
                new RepeatedNgrams(ngramTolerance),
                new WordCount("too-long", 0, MAXIMUM_WORDS),
                new TextBytes(),
                new MeanWordLength(),
                new SymbolRatio(),
                new LineShapes(),
                new AlphabeticWords(),
                new StopWords(),
                new LoremIpsum(),
                new CodeBraces(),
                new SpamWords(),
                new MaskedSpans(maximumMaskedSpans));
    }

    public Optional<Breach> firstBreach(Subject subject) {
        return rules.stream().flatMap(rule -> rule.breach(subject).stream()).findFirst();
    }
}
