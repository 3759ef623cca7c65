package org.millrace.cleaner;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Settings of the cleaner. Read once, in the wiring; domain classes take plain values.
///
/// Thresholds have the values of the literature (Gopher's, C4's, FineWeb's) unless their comment says
/// otherwise: a corpus whose thresholds drift from deployment to deployment cannot be compared with
/// anything. A share is a fraction from 0 to 1; the threshold itself always passes. A threshold at the
/// end of its range turns its rule off.
@ConfigMapping(prefix = "millrace.cleaner")
public interface CleanerConfig {

    /// Root of the artifact store, where bodies over 256 KiB lie: `file:…` or `s3://…`.
    URI artifacts();

    /// Local folder of a cache of artifacts and the index of duplicates. Both are made again if it is
    /// deleted; the index from the log, which takes a while. No two instances may share it.
    Path data();

    /// Tells instances apart, stable over restarts (a StatefulSet's ordinal): a restarted instance
    /// fences its own ghost, and takes its partitions back at once.
    @WithDefault("0")
    @Pattern(regexp = "[A-Za-z0-9._-]{1,64}")
    String instance();

    /// ISO 639-1 codes of the languages to keep.
    @WithDefault("en")
    @NotEmpty
    Set<String> languages();

    /// A page's language must be recognised with more than this score, 0 to 1. FineWeb's is 0.65.
    @WithDefault("0.65")
    @DecimalMin("0")
    @DecimalMax("1")
    double minimumLanguageScore();

    /// Fewest words of a document. Gopher's 50 is for the open web; 30 keeps encyclopaedic stubs.
    @WithDefault("30")
    @Min(1)
    int minimumWords();

    /// Most pieces of personal data that are masked; a page with more is a list of people.
    @WithDefault("5")
    @Min(0)
    int maximumMaskedSpans();

    /// Factor on Gopher's thresholds for repeated n-grams, at least 1, its reference. Encyclopaedic stubs
    /// that say a name of two words in every short sentence reach 0.25 where Gopher allows 0.20.
    @WithDefault("1")
    @DecimalMin("1")
    double ngramTolerance();

    /// A paragraph near the edges of this many kept texts of a host is left out of all of them, at least
    /// 2; 0: none is. Three is the least that is no coincidence of two pages. To be set before the
    /// first page: texts that are published stay as they are.
    @WithDefault("3")
    @Min(0)
    int paragraphDocuments();

    /// Files of evaluation sets, comma-separated; a text that holds twelve words in a row of one of them is
    /// dropped. `EvaluationSets` says what lies in them. Empty: nothing is compared.
    Optional<List<Path>> evaluationSets();

    /// Share of the words that only sell ("bonus", "discount"), at most. Ordinary advertisements use one in
    /// thirty. The list is ours.
    @WithDefault("0.0834")
    @DecimalMin("0")
    @DecimalMax("1")
    double maximumSpamWords();

    Repetition repetition();

    Gopher gopher();

    C4 c4();

    FineWeb fineweb();

    Urls urls();

    Personal personal();

    Quality quality();

    Words words();

    Loop loop();

    /// Gopher's bounds on repetition within a text.
    interface Repetition {

        /// Share of the lines that repeat an earlier one.
        @WithDefault("0.30")
        @DecimalMin("0")
        @DecimalMax("1")
        double lines();

        /// Share of the characters that stand in such lines.
        @WithDefault("0.20")
        @DecimalMin("0")
        @DecimalMax("1")
        double lineCharacters();

        /// Share of the paragraphs that repeat an earlier one.
        @WithDefault("0.30")
        @DecimalMin("0")
        @DecimalMax("1")
        double paragraphs();

        /// Share of the characters that stand in such paragraphs.
        @WithDefault("0.20")
        @DecimalMin("0")
        @DecimalMax("1")
        double paragraphCharacters();

        /// Shares of the characters in the most frequent 2-gram, 3-gram and 4-gram of words.
        @WithDefault("0.20,0.18,0.16")
        @Size(min = 3, max = 3)
        List<@DecimalMin("0") Double> topNgrams();

        /// Shares of the characters in repeated 5-grams to 10-grams of words.
        @WithDefault("0.15,0.14,0.13,0.12,0.11,0.10")
        @Size(min = 6, max = 6)
        List<@DecimalMin("0") Double> duplicatedNgrams();
    }

    /// Gopher's bounds on what a text consists of.
    interface Gopher {

        /// Words of a document, at most; more is a data dump.
        @WithDefault("100000")
        @Min(1)
        int maximumWords();

        /// Mean length of a word in characters, at least.
        @WithDefault("3")
        @DecimalMin("0")
        double minimumWordLength();

        /// Mean length of a word in characters, at most.
        @WithDefault("10")
        @DecimalMin("0")
        double maximumWordLength();

        /// `#` for each word.
        @WithDefault("0.1")
        @DecimalMin("0")
        double maximumHashes();

        /// Ellipses for each word.
        @WithDefault("0.1")
        @DecimalMin("0")
        double maximumEllipses();

        /// Share of the lines that start with a bullet.
        @WithDefault("0.9")
        @DecimalMin("0")
        @DecimalMax("1")
        double maximumBulletLines();

        /// Share of the lines that end with an ellipsis.
        @WithDefault("0.3")
        @DecimalMin("0")
        @DecimalMax("1")
        double maximumEllipsisLines();

        /// Share of the words that hold a letter.
        @WithDefault("0.8")
        @DecimalMin("0")
        @DecimalMax("1")
        double minimumAlphabeticWords();

        /// Different stop words of the text's language.
        @WithDefault("2")
        @Min(0)
        int minimumStopWords();
    }

    /// C4's rules. The first four take lines out of a text, the others drop it.
    interface C4 {

        /// Words of a line, at least; shorter ones are left out. C4's 3 would take headings, list items
        /// and table rows out, which are kept on purpose; so all lines stay by default.
        @WithDefault("0")
        @Min(0)
        int minimumLineWords();

        /// Characters of a word, at most; a line with a longer one is left out.
        @WithDefault("1000")
        @Min(1)
        int maximumWordLength();

        /// Whether only lines that end as a sentence does stay. FineWeb leaves this off, because it removes
        /// almost a third of the text.
        @WithDefault("false")
        boolean terminalPunctuation();

        /// Whether lines about cookies, terms of use and JavaScript are left out, and the marks that
        /// encyclopaedias leave in prose: `[3]`, `[edit]`.
        @WithDefault("true")
        boolean notices();

        /// Whether "lorem ipsum" drops a page.
        @WithDefault("true")
        boolean loremIpsum();

        /// Opening curly braces, at most: they mark source code.
        @WithDefault("0")
        @Min(0)
        int maximumBraces();

        /// Sentences, at least; a line is one or more.
        @WithDefault("5")
        @Min(0)
        int minimumSentences();
    }

    /// FineWeb's own rules, on lines that hold something.
    interface FineWeb {

        /// Share of the lines that end as a sentence does.
        @WithDefault("0.12")
        @DecimalMin("0")
        @DecimalMax("1")
        double minimumTerminalLines();

        /// A line of so many characters is short.
        @WithDefault("30")
        @Min(0)
        int shortLine();

        /// Share of the lines that are short.
        @WithDefault("0.67")
        @DecimalMin("0")
        @DecimalMax("1")
        double maximumShortLines();

        /// Share of the characters that stand in lines which repeat an earlier one.
        @WithDefault("0.01")
        @DecimalMin("0")
        @DecimalMax("1")
        double maximumRepeatedCharacters();

        /// Line breaks for each word.
        @WithDefault("0.3")
        @DecimalMin("0")
        double maximumLineBreaks();
    }

    /// What a page's address may not hold. Each file has one entry a line and `#` before comments.
    interface Urls {

        /// Whether our own short lists of words are used, beside the files.
        @WithDefault("true")
        boolean ownLists();

        /// Whole addresses to leave out. They are compared without their scheme.
        Optional<Path> blocked();

        /// Whole addresses that no other list of addresses holds back.
        Optional<Path> allowed();

        /// Hosts to leave out with all below them: `example.org` stands for `www.example.org` too.
        Optional<Path> domains();

        /// Starts of addresses, from their host on: `example.org/forum/`.
        Optional<Path> prefixes();

        /// Words of which one is enough.
        Optional<Path> bannedWords();

        /// Words of which several are needed.
        Optional<Path> softWords();

        /// Letters that may stand nowhere in an address, not even inside a word or over its bounds.
        Optional<Path> bannedParts();

        /// Different soft words that drop a page, FineWeb's 2.
        @WithDefault("2")
        @Min(1)
        int softWordLimit();
    }

    /// What is masked as personal data.
    interface Personal {

        /// ISO 3166 codes of the regions whose telephone numbers are recognised as they are dialled at home,
        /// without `+` or a word such as "Tel." before them. More regions take more numbers that are none.
        @WithDefault("US")
        Set<@Pattern(regexp = "[A-Z]{2}") String> phoneRegions();

        /// Own patterns: a file of lines `name<TAB>regular expression`, in RE2's syntax. What matches is
        /// replaced by `[name]`.
        Optional<Path> patterns();
    }

    /// The trained classifier. Without a model no score is given.
    interface Quality {

        /// A model as `./millrace data train-quality` writes it.
        Optional<Path> model();

        /// Pages with a lower score are dropped; without it the score is reported only.
        Optional<@DecimalMin("0") @DecimalMax("1") Double> minimumScore();
    }

    /// Words that are counted and reported and never drop a page. Each file has one word a line.
    interface Words {

        /// In addition to our own list of insults and obscenities.
        Optional<Path> toxic();

        /// In addition to our own list of terms for groups of people.
        Optional<Path> bias();
    }

    interface Loop {

        /// How long one poll may wait for records. Bounds the time that a shutdown takes.
        @WithDefault("PT0.2S")
        Duration pollTimeout();

        /// Most records in one transaction. 100 bodies of 256 KiB are 25 MiB of heap.
        @WithDefault("100")
        @Min(1)
        int maximumRecords();
    }
}
