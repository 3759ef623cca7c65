package org.millrace.cleaner;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.OptionalDouble;
import org.millrace.cleaner.Verdict.Dropped;
import org.millrace.cleaner.Verdict.Kept;
import org.millrace.cleaner.language.LanguageGuess;
import org.millrace.cleaner.language.Languages;
import org.millrace.cleaner.personal.PersonalData;
import org.millrace.cleaner.rule.Breach;
import org.millrace.cleaner.rule.Rules;
import org.millrace.cleaner.rule.Subject;
import org.millrace.cleaner.text.Article;
import org.millrace.cleaner.text.LineFilter;
import org.millrace.cleaner.text.PageReader;

/// Judges pages one at a time. The same page always gets the same verdict, whatever came before it,
/// which is what lets a replayed batch produce identical output. Thread-safe.
///
/// ```text
///   bytes ─► charset ─► main text ─► line filters ─► masking ─► rules ─► document
///              └ not-text   └ noindex                             └ too-short, language, …
/// ```
///
/// Everything that changes the text comes before everything that measures it: so the measured text
/// is the published text, and cleaning it again changes nothing.
public final class Cleaner {

    private final Languages languages;
    private final Rules rules;

    Cleaner(Languages languages, Rules rules) {
        this.languages = languages;
        this.rules = rules;
    }

    /// @throws IOException if a file that the settings name cannot be read
    public static Cleaner of(CleanerConfig config) throws IOException {
        return new Cleaner(
                Languages.load(),
                new Rules(
                        config.languages(),
                        config.minimumLanguageScore(),
                        config.minimumWords(),
                        config.maximumMaskedSpans(),
                        config.ngramTolerance()));
    }

    public Verdict judge(Page page) {
        return switch (PageReader.read(page)) {
            case PageReader.Refused(var breach) -> Dropped.unread(breach);
            case PageReader.Read(var article) -> judge(article).verdict();
        };
    }

    /// The same verdict, with what was read, which people want to see of dropped pages too.
    public Examined examine(Page page) {
        return switch (PageReader.read(page)) {
            case PageReader.Refused(var breach) ->
                new Examined(judge(PageReader.article(page).orElse(Article.EMPTY)), Dropped.unread(breach));
            case PageReader.Read(var article) -> judge(article);
        };
    }

    private Examined judge(Article article) {
        PersonalData.Masked masked = PersonalData.mask(LineFilter.apply(article.text()));
        LanguageGuess guess = languages.guess(masked.text());
        Optional<Breach> breach =
                rules.firstBreach(new Subject(masked.text(), guess.language(), guess.score(), masked.spans()));
        Verdict verdict = breach.isPresent()
                ? Dropped.of(breach.get(), guess.language(), masked.text())
                : new Kept(new Document(
                        sha256(masked.text()),
                        article.title(),
                        masked.text(),
                        article.author(),
                        article.publishedOn(),
                        guess.language(),
                        guess.score(),
                        article.licence(),
                        article.canonicalUrl(),
                        masked.spans(),
                        OptionalDouble.empty(),
                        0,
                        0));
        return new Examined(article, masked.text(), guess.language(), verdict);
    }

    private static String sha256(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }
}
