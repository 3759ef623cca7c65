package org.millrace.cleaner;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.millrace.cleaner.Verdict.Dropped;
import org.millrace.cleaner.Verdict.Kept;
import org.millrace.cleaner.evaluation.EvaluationSets;
import org.millrace.cleaner.language.LanguageGuess;
import org.millrace.cleaner.language.Languages;
import org.millrace.cleaner.language.Tokens;
import org.millrace.cleaner.personal.PersonalData;
import org.millrace.cleaner.quality.QualityModel;
import org.millrace.cleaner.rule.Breach;
import org.millrace.cleaner.rule.Rules;
import org.millrace.cleaner.rule.Subject;
import org.millrace.cleaner.text.Article;
import org.millrace.cleaner.text.LineFilter;
import org.millrace.cleaner.text.PageReader;
import org.millrace.cleaner.url.UrlFilter;

/// Judges pages one at a time. The same page always gets the same verdict, whatever came before it,
/// which is what lets a replayed batch produce identical output. Thread-safe.
///
/// ```text
///   address ─► bytes ─► charset ─► main text ─► line filters ─► masking ─► rules ─► document
///     └ url-…              └ not-text   └ noindex                             └ too-short, language, …
/// ```
///
/// Everything that changes the text comes before everything that measures it: so the measured text
/// is the published text, and cleaning it again changes nothing.
public final class Cleaner {

    private final UrlFilter urls;
    private final LineFilter lines;
    private final PersonalData personalData;
    private final Languages languages;
    private final Optional<QualityModel> quality;
    private final Rules rules;
    private final EvaluationSets evaluations;
    private final ListedWords toxic;
    private final ListedWords bias;

    private Cleaner(CleanerConfig config) throws IOException {
        urls = UrlFilter.of(config.urls());
        lines = LineFilter.of(config.c4());
        personalData = PersonalData.of(config.personal());
        languages = Languages.load();
        Optional<Path> model = config.quality().model();
        quality = model.isPresent() ? Optional.of(QualityModel.read(model.get())) : Optional.empty();
        rules = Rules.of(config);
        evaluations = EvaluationSets.read(config.evaluationSets().orElse(List.of()));
        toxic = new ListedWords(WordList.of("toxic-words.txt", config.words().toxic()));
        bias = new ListedWords(WordList.of("bias-words.txt", config.words().bias()));
    }

    /// @throws IOException if a file that the settings name cannot be read
    public static Cleaner of(CleanerConfig config) throws IOException {
        return new Cleaner(config);
    }

    public Verdict judge(Page page) {
        Optional<Breach> address = urls.breach(page.url());
        if (address.isPresent()) {
            return Dropped.unread(address.get());
        }
        return switch (PageReader.read(page)) {
            case PageReader.Refused(var breach) -> Dropped.unread(breach);
            case PageReader.Read(var article) -> verdict(measured(article));
        };
    }

    /// The same verdict, with what was read, which people want to see of dropped pages too.
    public Examined examine(Page page) {
        Optional<Breach> address = urls.breach(page.url());
        PageReader.Reading reading = PageReader.read(page);
        if (address.isEmpty() && reading instanceof PageReader.Read(var article)) {
            Measured measured = measured(article);
            return new Examined(article, document(measured), verdict(measured));
        }
        Article article = reading instanceof PageReader.Read(var read)
                ? read
                : PageReader.article(page).orElse(Article.EMPTY);
        Breach breach = address.orElseGet(() -> ((PageReader.Refused) reading).breach());
        return new Examined(article, document(measured(article)), Dropped.unread(breach));
    }

    /// What the verdict is made of, and nothing that only a document needs: most pages become none.
    private record Measured(
            Article article,
            PersonalData.Masked masked,
            Tokens tokens,
            LanguageGuess guess,
            OptionalDouble score,
            Optional<Breach> breach) {}

    private Measured measured(Article article) {
        PersonalData.Masked masked = personalData.mask(lines.apply(article.text()));
        String text = masked.text();
        LanguageGuess guess = languages.guess(text);
        Tokens tokens = Tokens.of(text);
        OptionalDouble score =
                quality.isPresent() ? OptionalDouble.of(quality.get().score(tokens)) : OptionalDouble.empty();
        Optional<Breach> breach = rules.firstBreach(
                        new Subject(text, tokens, guess.language(), guess.score(), masked.spans(), score))
                .or(() -> evaluations.breach(text));
        return new Measured(article, masked, tokens, guess, score, breach);
    }

    private Verdict verdict(Measured measured) {
        return measured.breach.isPresent()
                ? Dropped.of(measured.breach.get(), measured.guess.language(), measured.masked.text())
                : new Kept(document(measured));
    }

    private Document document(Measured measured) {
        Article article = measured.article;
        return new Document(
                sha256(measured.masked.text()),
                personalData.mask(article.title()).text(),
                measured.masked.text(),
                personalData.mask(article.author()).text(),
                article.publishedOn(),
                measured.guess.language(),
                measured.guess.score(),
                article.licence(),
                article.canonicalUrl(),
                measured.masked.spans(),
                measured.score,
                toxic.count(measured.tokens),
                bias.count(measured.tokens));
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
