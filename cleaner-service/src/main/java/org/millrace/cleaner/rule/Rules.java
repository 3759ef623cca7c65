package org.millrace.cleaner.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.millrace.cleaner.CleanerConfig;

/// The rules for texts in the order in which they speak; the first breach is the one that is reported.
///
/// FineWeb's order (language, Gopher repetition, Gopher quality, C4, FineWeb, personal data), with one
/// difference: `too-short` comes first, because the language of ten words is a guess and their
/// repetition is chance. What a page's address says is asked before it is read, in `url`.
public final class Rules {

    private final List<Rule> rules;

    private Rules(List<Rule> rules) {
        this.rules = List.copyOf(rules);
    }

    public static Rules of(CleanerConfig config) {
        CleanerConfig.Repetition repetition = config.repetition();
        CleanerConfig.Gopher gopher = config.gopher();
        CleanerConfig.C4 c4 = config.c4();
        CleanerConfig.FineWeb fineWeb = config.fineweb();
        List<Rule> rules = new ArrayList<>();
        rules.add(new WordCount("too-short", config.minimumWords(), Integer.MAX_VALUE));
        rules.add(new WantedLanguage(config.languages(), config.minimumLanguageScore()));

        rules.add(new RepeatedLines(
                repetition.lines(),
                repetition.lineCharacters(),
                repetition.paragraphs(),
                repetition.paragraphCharacters()));
        rules.add(new RepeatedNgrams(repetition.topNgrams(), repetition.duplicatedNgrams(), config.ngramTolerance()));

        rules.add(new WordCount("too-long", 0, gopher.maximumWords()));
        rules.add(new TextBytes());
        rules.add(new MeanWordLength(gopher.minimumWordLength(), gopher.maximumWordLength()));
        rules.add(new SymbolRatio(gopher.maximumHashes(), gopher.maximumEllipses()));
        rules.add(new LineShapes(gopher.maximumBulletLines(), gopher.maximumEllipsisLines()));
        rules.add(new AlphabeticWords(gopher.minimumAlphabeticWords()));
        rules.add(new StopWords(gopher.minimumStopWords()));

        if (c4.loremIpsum()) {
            rules.add(new LoremIpsum());
        }
        rules.add(new CodeBraces(c4.maximumBraces()));
        rules.add(new FewSentences(c4.minimumSentences()));

        rules.add(new TerminalPunctuation(fineWeb.minimumTerminalLines()));
        rules.add(new ShortLines(fineWeb.shortLine(), fineWeb.maximumShortLines()));
        rules.add(new RepeatedLineCharacters(fineWeb.maximumRepeatedCharacters()));
        rules.add(new LineBreaks(fineWeb.maximumLineBreaks()));

        rules.add(new SpamWords(config.maximumSpamWords()));
        config.quality().minimumScore().ifPresent(minimum -> rules.add(new LowQuality(minimum)));
        rules.add(new MaskedSpans(config.maximumMaskedSpans()));
        return new Rules(rules);
    }

    public Optional<Breach> firstBreach(Subject subject) {
        for (Rule rule : rules) {
            Optional<Breach> breach = rule.breach(subject);
            if (breach.isPresent()) {
                return breach;
            }
        }
        return Optional.empty();
    }
}
