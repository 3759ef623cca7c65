package org.millrace.cleaner.rule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Each rule at its threshold, and one step beyond it.
class RulesTest {

    @Test
    void tooShort() {
        Rule rule = new WordCount("too-short", 30, Integer.MAX_VALUE);

        passes(rule, words(30, "mill"));
        breaks(rule, words(29, "mill"), new Breach("too-short", "29 words", "at least 30 words"));
    }

    @Test
    void tooLong() {
        Rule rule = new WordCount("too-long", 0, 100_000);

        passes(rule, words(100_000, "a"));
        breaks(rule, words(100_001, "a"), new Breach("too-long", "100001 words", "at most 100000 words"));
    }

    @Test
    void tooLarge() {
        passes(new TextBytes(), "x".repeat(TextBytes.MAXIMUM));
        breaks(
                new TextBytes(),
                "x".repeat(TextBytes.MAXIMUM + 1),
                new Breach("too-large", "786433 bytes", "at most 786432 bytes"));
    }

    @Test
    void language() {
        Rule rule = new WantedLanguage(Set.of("en", "de"), 0.65);

        assertThat(rule.breach(new Subject("x", "en", 0.6501, 0))).isEmpty();
        assertThat(rule.breach(new Subject("x", "de", 1, 0))).isEmpty();
        assertThat(rule.breach(new Subject("x", "en", 0.65, 0)))
                .contains(new Breach("language", "en 0.65", "de or en > 0.65"));
        assertThat(rule.breach(new Subject("x", "fr", 1, 0)))
                .contains(new Breach("language", "fr 1.00", "de or en > 0.65"));
        assertThat(rule.breach(new Subject("x", "", 0, 0)))
                .contains(new Breach("language", "unknown 0.00", "de or en > 0.65"));
    }

    @ParameterizedTest
    @CsvSource({"'\n', lines", "'\n\n', paragraphs"})
    void repeatedElements(String separator, String unit) {
        // Ten elements of which some say "r" again, beside long ones that keep the characters' share low.
        passes(new RepeatedLines(), elements(separator, 3));
        breaks(
                new RepeatedLines(),
                elements(separator, 4),
                new Breach(
                        "repetition-lines",
                        "0.4000 of the " + unit + " repeated",
                        "at most 0.3000 of the " + unit + " repeated"));
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

        passes(new RepeatedLines(), twice + "f" + separator + "g".repeat(filler - 1)); // 20 of 100
        breaks(
                new RepeatedLines(),
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

        passes(new RepeatedNgrams(1), padded(start, enough));
        assertThat(breach(new RepeatedNgrams(1), padded(start, enough - 1)))
                .hasValueSatisfying(b -> assertThat(b.value()).endsWith("most frequent " + n + "-gram"));
    }

    @ParameterizedTest
    @CsvSource({"5, 0.15", "6, 0.14", "7, 0.13", "8, 0.12", "9, 0.11", "10, 0.10"})
    void repeatedNgrams(int n, double limit) {
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

        passes(new RepeatedNgrams(1), padded(text.toString(), enough));
        assertThat(breach(new RepeatedNgrams(1), padded(text.toString(), enough - 1)))
                .hasValueSatisfying(b -> assertThat(b.value()).endsWith("repeated " + n + "-grams"));
    }

    @Test
    void toleranceWidensTheBounds() {
        String text = padded("aaaa bbbbb x1 aaaa bbbbb ", 80); // 20 of 80 characters, 0.25

        passes(new RepeatedNgrams(1.25), text);
        assertThat(breach(new RepeatedNgrams(1.24), text)).isPresent();
    }

    private static String padded(String start, int length) {
        return start + "p".repeat(length - start.length());
    }

    @Test
    void meanWordLength() {
        passes(new MeanWordLength(), words(10, "abc"));
        breaks(
                new MeanWordLength(),
                words(9, "abc") + " ab",
                new Breach("mean-word-length", "2.9000 characters", "at least 3 characters"));
        passes(new MeanWordLength(), words(10, "abcdefghij"));
        breaks(
                new MeanWordLength(),
                words(9, "abcdefghij") + " abcdefghijk",
                new Breach("mean-word-length", "10.1000 characters", "at most 10 characters"));
    }

    @ParameterizedTest
    @CsvSource({"#, # a word", "…, ellipses a word", "..., ellipses a word"})
    void symbolRatio(String symbol, String unit) {
        passes(new SymbolRatio(), words(9, "mill") + " " + symbol);
        breaks(
                new SymbolRatio(),
                words(8, "mill") + " " + symbol + " " + symbol,
                new Breach("symbol-ratio", "0.2000 " + unit, "at most 0.1000 " + unit));
    }

    @Test
    void bulletLines() {
        passes(new LineShapes(), "- item\n".repeat(9) + "line");
        breaks(
                new LineShapes(),
                "- item\n".repeat(19) + "line",
                new Breach("bullet-lines", "0.9500 of the lines", "at most 0.9000 of the lines"));
    }

    @Test
    void ellipsisLines() {
        passes(new LineShapes(), "more …\n".repeat(3) + "line\n".repeat(7));
        breaks(
                new LineShapes(),
                "more ...\n".repeat(4) + "line\n".repeat(6),
                new Breach("ellipsis-lines", "0.4000 of the lines", "at most 0.3000 of the lines"));
    }

    @Test
    void alphabeticWords() {
        passes(new AlphabeticWords(), words(8, "mill") + " 1 2");
        breaks(
                new AlphabeticWords(),
                words(7, "mill") + " 1 2 3",
                new Breach("alphabetic-words", "0.7000 of the words", "at least 0.8000 of the words"));
    }

    @Test
    void stopWords() {
        passes(new StopWords(), "The mill and pond");
        breaks(
                new StopWords(),
                "the mill, the pond",
                new Breach("stop-words", "1 of the eight stop words", "at least 2 of the eight stop words"));
        assertThat(new StopWords().breach(new Subject("die Mühle", "de", 1, 0))).isEmpty();
    }

    @Test
    void loremIpsum() {
        passes(new LoremIpsum(), "Lorem, he said, ipsum.");
        breaks(new LoremIpsum(), "LOREM ipsum dolor", new Breach("lorem-ipsum", "\"lorem ipsum\" found", "none"));
    }

    @Test
    void codeBraces() {
        passes(new CodeBraces(), "if (mill) turn(wheel) }");
        breaks(
                new CodeBraces(),
                "if (mill) { turn(wheel)",
                new Breach("code-braces", "1 opening braces", "at most 0 opening braces"));
    }

    @Test
    void spamWords() {
        passes(new SpamWords(), words(11, "mill") + " Casino!");
        breaks(
                new SpamWords(),
                words(10, "mill") + " Casino!",
                new Breach("spam-words", "0.0909 of the words sell", "at most 0.0833 of the words sell"));
    }

    @Test
    void personalData() {
        Rule rule = new MaskedSpans(5);

        assertThat(rule.breach(new Subject("x", "en", 1, 5))).isEmpty();
        assertThat(rule.breach(new Subject("x", "en", 1, 6)))
                .contains(new Breach("personal-data", "6 spans", "at most 5 spans"));
    }

    @Test
    void theFirstBreachIsReported() {
        Rules rules = new Rules(Set.of("en"), 0.65, 30, 5, 1);

        assertThat(rules.firstBreach(new Subject("kurz {", "de", 1, 9)).map(Breach::rule))
                .contains("too-short");
        assertThat(rules.firstBreach(new Subject(words(40, "mühle") + " {", "de", 1, 9))
                        .map(Breach::rule))
                .contains("language");
        assertThat(rules.firstBreach(new Subject(words(40, "mill") + " {", "en", 1, 9))
                        .map(Breach::rule))
                .contains("repetition-ngrams");
    }

    @Test
    void aTextWithoutWordsBreaksNothingButLength() {
        Rules rules = new Rules(Set.of(""), -1, 1, 5, 1);

        assertThat(rules.firstBreach(new Subject("", "", 0, 0)).map(Breach::rule))
                .contains("too-short");
    }

    private static void passes(Rule rule, String text) {
        assertThat(breach(rule, text)).isEmpty();
    }

    private static void breaks(Rule rule, String text, Breach expected) {
        assertThat(breach(rule, text)).contains(expected);
    }

    private static Optional<Breach> breach(Rule rule, String text) {
        return rule.breach(new Subject(text, "en", 1, 0));
    }

    private static String words(int count, String word) {
        return String.join(" ", Collections.nCopies(count, word));
    }
}
