package org.millrace.cleaner.rule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.cleaner.CleanerConfig;
import org.millrace.cleaner.StandardConfig;
import org.millrace.cleaner.language.Tokens;

/// Each rule at its default threshold, and one step beyond it.
class RulesTest {

    private static final CleanerConfig DEFAULT = StandardConfig.with(Map.of());
    private static final CleanerConfig.Gopher GOPHER = DEFAULT.gopher();
    private static final CleanerConfig.FineWeb FINE_WEB = DEFAULT.fineweb();

    @Test
    void tooShort() {
        Rule rule = new WordCount("too-short", DEFAULT.minimumWords(), Integer.MAX_VALUE);

        passes(rule, words(30, "mill"));
        breaks(rule, words(29, "mill"), new Breach("too-short", "29 words", "at least 30 words"));
        assertThat(breach(rule, words(29, "mill") + " - * 1")).isEmpty(); // a number is said, a dash is not
        assertThat(breach(rule, words(29, "mill") + " - *")).isPresent();
    }

    @Test
    void tooLong() {
        Rule rule = new WordCount("too-long", 0, GOPHER.maximumWords());

        passes(rule, words(100_000, "a"));
        breaks(rule, words(100_001, "a"), new Breach("too-long", "100001 words", "at most 100000 words"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "é", "水", "😀"})
    void tooLarge(String character) {
        int bytes = character.getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
        String most = character.repeat(TextBytes.MAXIMUM / bytes);

        passes(new TextBytes(), most);
        breaks(
                new TextBytes(),
                most + character,
                new Breach("too-large", TextBytes.MAXIMUM + bytes + " bytes", "at most 786432 bytes"));
    }

    @Test
    void language() {
        Rule rule = new WantedLanguage(Set.of("en", "de"), DEFAULT.minimumLanguageScore());

        assertThat(rule.breach(subject("x", "en", 0.6501))).isEmpty();
        assertThat(rule.breach(subject("x", "de", 1))).isEmpty();
        assertThat(rule.breach(subject("x", "en", 0.65)))
                .contains(new Breach("language", "en 0.65", "de or en > 0.65"));
        assertThat(rule.breach(subject("x", "fr", 1))).contains(new Breach("language", "fr 1.00", "de or en > 0.65"));
        assertThat(rule.breach(subject("x", "", 0)))
                .contains(new Breach("language", "unknown 0.00", "de or en > 0.65"));
    }

    @ParameterizedTest
    @CsvSource({"'\n', lines", "'\n\n', paragraphs"})
    void repeatedElements(String separator, String unit) {
        // Ten elements of which some say "r" again, beside long ones that keep the characters' share low.
        passes(repeatedLines(), elements(separator, 3));
        breaks(
                repeatedLines(),
                elements(separator, 4),
                new Breach(
                        "repetition-lines",
                        "0.4000 of the " + unit + " repeated",
                        "at most 0.3000 of the " + unit + " repeated"));
    }

    private static Rule repeatedLines() {
        CleanerConfig.Repetition repetition = DEFAULT.repetition();
        return new RepeatedLines(
                repetition.lines(),
                repetition.lineCharacters(),
                repetition.paragraphs(),
                repetition.paragraphCharacters());
    }

    private static String elements(String separator, int repeats) {
        List<String> elements = new ArrayList<>(Collections.nCopies(repeats + 1, "r"));
        for (int i = elements.size(); i < 10; i++) {
            elements.add("element " + i + " with many more words than the others have");
        }
        return String.join(separator, elements);
    }

    @ParameterizedTest
    @CsvSource({"'\n', 57, lines", "'\n\n', 54, paragraphs"})
    void charactersInRepeatedElements(String separator, int filler, String unit) {
        String twice = "r".repeat(20) + separator + "r".repeat(20) + separator;

        passes(repeatedLines(), twice + "f" + separator + "g".repeat(filler - 1)); // 20 of 100
        breaks(
                repeatedLines(),
                twice + "f" + separator + "g".repeat(filler - 2), // 20 of 99
                new Breach(
                        "repetition-lines",
                        "0.2020 of the characters in repeated " + unit,
                        "at most 0.2000 of the characters in repeated " + unit));
    }

    @ParameterizedTest
    @CsvSource({"2, 0.20", "3, 0.18", "4, 0.16"})
    void mostFrequentNgram(int n, double limit) {
        String gram = String.join(" ", Collections.nCopies(n - 1, "aaaa")) + " bbbbb";
        String start = gram + " x1 " + gram + " ";
        int enough = (int) Math.ceil(2 * gram.length() / limit);

        passes(repeatedNgrams(1), padded(start, enough));
        assertThat(breach(repeatedNgrams(1), padded(start, enough - 1)))
                .hasValueSatisfying(b -> assertThat(b.value()).endsWith("most frequent " + n + "-gram"));
    }

    @ParameterizedTest
    @CsvSource({"5, 0.15", "6, 0.14", "7, 0.13", "8, 0.12", "9, 0.11", "10, 0.10"})
    void duplicatedNgrams(int n, double limit) {
        // Many different n-grams, each said twice: none of them is frequent, together they are.
        StringBuilder text = new StringBuilder();
        int repeated = 0;
        for (int gram = 0; gram < 20; gram++) {
            for (int occurrence = 0; occurrence < 2; occurrence++) {
                for (int word = 0; word < n; word++) {
                    text.append("w%02d%02d ".formatted(gram, word));
                }
                text.append("s%02d%d ".formatted(gram, occurrence));
            }
            repeated += n * 5;
        }
        int enough = (int) Math.ceil(repeated / limit - 1e-9);

        passes(repeatedNgrams(1), padded(text.toString(), enough));
        assertThat(breach(repeatedNgrams(1), padded(text.toString(), enough - 1)))
                .hasValueSatisfying(b -> assertThat(b.value()).endsWith("repeated " + n + "-grams"));
    }

    @Test
    void toleranceWidensTheBounds() {
        String text = padded("aaaa bbbbb x1 aaaa bbbbb ", 80); // 20 of 80 characters, 0.25

        passes(repeatedNgrams(1.25), text);
        assertThat(breach(repeatedNgrams(1.24), text)).isPresent();
    }

    private static Rule repeatedNgrams(double tolerance) {
        return new RepeatedNgrams(
                DEFAULT.repetition().topNgrams(), DEFAULT.repetition().duplicatedNgrams(), tolerance);
    }

    private static String padded(String start, int length) {
        return start + "p".repeat(length - start.length());
    }

    @Test
    void meanWordLength() {
        Rule rule = new MeanWordLength(GOPHER.minimumWordLength(), GOPHER.maximumWordLength());

        passes(rule, words(10, "abc"));
        breaks(
                rule,
                words(9, "abc") + " ab",
                new Breach("mean-word-length", "2.9000 characters", "at least 3 characters"));
        passes(rule, words(10, "abcdefghij"));
        breaks(
                rule,
                words(9, "abcdefghij") + " abcdefghijk",
                new Breach("mean-word-length", "10.1000 characters", "at most 10 characters"));
        assertThat(rule.breach(subject("水车转动。", "zh", 1))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"#, # a word", "…, ellipses a word", "..., ellipses a word"})
    void symbolRatio(String symbol, String unit) {
        Rule rule = new SymbolRatio(GOPHER.maximumHashes(), GOPHER.maximumEllipses());

        passes(rule, words(9, "mill") + " " + symbol);
        breaks(
                rule,
                words(8, "mill") + " " + symbol + " " + symbol,
                new Breach("symbol-ratio", "0.2000 " + unit, "at most 0.1000 " + unit));
    }

    @Test
    void headingsAreNoSymbols() {
        Rule rule = new SymbolRatio(GOPHER.maximumHashes(), GOPHER.maximumEllipses());

        passes(rule, "## Mill\n\nThe mill turns.\n\n### Wheel");
        assertThat(breach(rule, "##Mill")).isPresent();
    }

    @Test
    void bulletLines() {
        passes(lineShapes(), "- item\n".repeat(9) + "line");
        breaks(
                lineShapes(),
                "- item\n".repeat(19) + "line",
                new Breach("bullet-lines", "0.9500 of the lines", "at most 0.9000 of the lines"));
    }

    @Test
    void ellipsisLines() {
        passes(lineShapes(), "more …\n".repeat(3) + "line\n".repeat(7));
        breaks(
                lineShapes(),
                "more ...\n".repeat(4) + "line\n".repeat(6),
                new Breach("ellipsis-lines", "0.4000 of the lines", "at most 0.3000 of the lines"));
    }

    private static Rule lineShapes() {
        return new LineShapes(GOPHER.maximumBulletLines(), GOPHER.maximumEllipsisLines());
    }

    @Test
    void alphabeticWords() {
        Rule rule = new AlphabeticWords(GOPHER.minimumAlphabeticWords());

        passes(rule, words(8, "mill") + " 1 2");
        breaks(
                rule,
                words(7, "mill") + " 1 2 3",
                new Breach("alphabetic-words", "0.7000 of the words", "at least 0.8000 of the words"));
    }

    @Test
    void stopWords() {
        Rule rule = new StopWords(GOPHER.minimumStopWords());

        passes(rule, "The mill and pond");
        breaks(
                rule,
                "the mill, the pond",
                new Breach("stop-words", "1 of the 8 stop words", "at least 2 of the 8 stop words"));
        assertThat(rule.breach(subject("die Mühle und der Teich", "de", 1))).isEmpty();
        assertThat(rule.breach(subject("Mühlen mahlen", "de", 1))).isPresent();
        assertThat(rule.breach(subject("სახლი", "ka", 1))).isEmpty(); // no list
    }

    @Test
    void loremIpsum() {
        passes(new LoremIpsum(), "Lorem, he said, ipsum.");
        breaks(new LoremIpsum(), "LOREM ipsum dolor", new Breach("lorem-ipsum", "\"lorem ipsum\" found", "none"));
    }

    @Test
    void codeBraces() {
        Rule rule = new CodeBraces(DEFAULT.c4().maximumBraces());

        passes(rule, "if (mill) turn(wheel) }");
        breaks(
                rule,
                "if (mill) { turn(wheel)",
                new Breach("code-braces", "1 opening braces", "at most 0 opening braces"));
    }

    @Test
    void fewSentences() {
        Rule rule = new FewSentences(DEFAULT.c4().minimumSentences());

        passes(rule, "One. Two! Three? Four.\nA heading");
        breaks(rule, "One. Two! Three? Four.", new Breach("few-sentences", "4 sentences", "at least 5 sentences"));
        assertThat(rule.breach(subject("一。二！三？四。五。", "zh", 1))).isEmpty();
        assertThat(rule.breach(subject("一。二！三？四。", "zh", 1))).isPresent();
        assertThat(rule.breach(subject("กังหัน", "th", 1))).isEmpty(); // Thai marks no sentence's end
    }

    @Test
    void terminalPunctuation() {
        Rule rule = new TerminalPunctuation(FINE_WEB.minimumTerminalLines());

        passes(rule, "line\n".repeat(22) + "Sentence.\n".repeat(3)); // 0.12
        breaks(
                rule,
                "line\n".repeat(23) + "Sentence.\n".repeat(3),
                new Breach(
                        "terminal-punctuation",
                        "0.1154 of the lines end as sentences do",
                        "at least 0.1200 of the lines end as sentences do"));
        assertThat(rule.breach(subject("กังหัน", "th", 1))).isEmpty();
    }

    @Test
    void shortLines() {
        Rule rule = new ShortLines(FINE_WEB.shortLine(), FINE_WEB.maximumShortLines());
        String brief = "x".repeat(30) + "\n";
        String full = "x".repeat(31) + "\n";

        passes(rule, brief.repeat(67) + full.repeat(33));
        breaks(
                rule,
                brief.repeat(68) + full.repeat(32),
                new Breach(
                        "short-lines",
                        "0.6800 of the lines have at most 30 characters",
                        "at most 0.6700 of the lines have at most 30 characters"));
        assertThat(rule.breach(subject("水".repeat(16), "zh", 1))).isEmpty();
        assertThat(rule.breach(subject("水".repeat(15), "zh", 1))).isPresent();
    }

    @Test
    void repeatedLineCharacters() {
        Rule rule = new RepeatedLineCharacters(FINE_WEB.maximumRepeatedCharacters());

        passes(rule, "r\nr\n" + "x".repeat(98)); // 1 of 100, newlines not counted
        breaks(
                rule,
                "r\nr\n" + "x".repeat(97),
                new Breach(
                        "repeated-line-characters",
                        "0.0101 of the characters in repeated lines",
                        "at most 0.0100 of the characters in repeated lines"));
    }

    @Test
    void lineBreaks() {
        Rule rule = new LineBreaks(FINE_WEB.maximumLineBreaks());

        passes(rule, "a\n\nb\nc\nd e f g h i j"); // 3 breaks, 10 words
        breaks(
                rule,
                "a\nb\nc\nd\ne f g h i j",
                new Breach("line-breaks", "0.4000 line breaks a word", "at most 0.3000 line breaks a word"));
    }

    @Test
    void spamWords() {
        Rule rule = new SpamWords(DEFAULT.maximumSpamWords());

        passes(rule, words(11, "mill") + " Casino!");
        breaks(
                rule,
                words(10, "mill") + " Casino!",
                new Breach("spam-words", "0.0909 of the words sell", "at most 0.0834 of the words sell"));
    }

    @Test
    void quality() {
        Rule rule = new LowQuality(0.5);

        assertThat(rule.breach(scored(0.5))).isEmpty();
        assertThat(rule.breach(scored(0.49))).contains(new Breach("quality", "0.4900 of 1", "at least 0.5000 of 1"));
        assertThat(rule.breach(subject("x", "en", 1))).isEmpty(); // no classifier
    }

    private static Subject scored(double score) {
        return new Subject("x", Tokens.of("x"), "en", 1, 0, OptionalDouble.of(score));
    }

    @Test
    void personalData() {
        Rule rule = new MaskedSpans(DEFAULT.maximumMaskedSpans());

        assertThat(rule.breach(masked(5))).isEmpty();
        assertThat(rule.breach(masked(6))).contains(new Breach("personal-data", "6 spans", "at most 5 spans"));
    }

    private static Subject masked(int spans) {
        return new Subject("x", Tokens.of("x"), "en", 1, spans, OptionalDouble.empty());
    }

    /// FineWeb's order, each text broken by one thing less than the one before.
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "too-short; kurz {; de",
                "language; mühle mühle mühle mühle mühle mühle mühle mühle mühle mühle mühle mühle {; de",
                "repetition-ngrams; mill mill mill mill mill mill mill mill mill mill mill mill mill {; en",
                "stop-words; one two three four five six seven eight nine ten eleven {; en",
                "code-braces; the mill and one two three four five six seven eight {; en",
                "few-sentences; the mill and one two three four five six seven eight; en"
            })
    void theFirstBreachIsReported(String rule, String text, String language) {
        Rules rules = Rules.of(StandardConfig.with(Map.of("minimum-words", "10")));

        assertThat(rules.firstBreach(subject(text, language, 1)).map(Breach::rule))
                .contains(rule);
    }

    @Test
    void aTextWithoutWordsBreaksNothingButLength() {
        Rules rules = Rules.of(DEFAULT);

        assertThat(rules.firstBreach(subject("", "", 0)).map(Breach::rule)).contains("too-short");
    }

    private static void passes(Rule rule, String text) {
        assertThat(breach(rule, text)).isEmpty();
    }

    private static void breaks(Rule rule, String text, Breach expected) {
        assertThat(breach(rule, text)).contains(expected);
    }

    private static Optional<Breach> breach(Rule rule, String text) {
        return rule.breach(subject(text, "en", 1));
    }

    private static Subject subject(String text, String language, double score) {
        return new Subject(text, Tokens.of(text), language, score, 0, OptionalDouble.empty());
    }

    private static String words(int count, String word) {
        return String.join(" ", Collections.nCopies(count, word));
    }
}
