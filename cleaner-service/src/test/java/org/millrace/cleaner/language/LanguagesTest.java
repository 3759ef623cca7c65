package org.millrace.cleaner.language;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class LanguagesTest {

    private static final Languages LANGUAGES = Languages.load();
    private static final double FINE_WEB = 0.65;

    /// A language and three of its sentences.
    private record Sample(String language, List<String> sentences) {}

    private static List<Sample> samples() throws IOException {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                Objects.requireNonNull(LanguagesTest.class.getResourceAsStream("sentences.txt")),
                StandardCharsets.UTF_8))) {
            return lines.lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split("\\|"))
                    .map(fields -> new Sample(fields[0], Arrays.asList(fields).subList(1, fields.length)))
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("samples")
    void oneSentenceIsEnough(Sample sample) {
        for (String sentence : sample.sentences) {
            LanguageGuess guess = LANGUAGES.guess(sentence);

            assertThat(guess.language()).describedAs(sentence).isEqualTo(sample.language);
            assertThat(guess.score()).describedAs(sentence).isGreaterThan(FINE_WEB);
        }
    }

    @Test
    void thereAreManyLanguages() throws IOException {
        assertThat(samples().stream().map(Sample::language).distinct()).hasSizeGreaterThanOrEqualTo(60);
        assertThat(samples()).allSatisfy(sample -> assertThat(sample.sentences).hasSize(3));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "ja; 東京都庁はいつ開きますか",
                "zh; 東京都廳開門時間",
                "ko; 방앗간 2024",
                "el; Η ΠΡΩΤΕΥΟΥΣΑ ΤΗΣ ΓΑΛΛΙΑΣ",
            })
    void aScriptOfOnesOwnIsEnough(String language, String text) {
        assertThat(LANGUAGES.guess(text).language()).isEqualTo(language);
    }

    @Test
    void aPageInTwoLanguagesHasNeither() throws IOException {
        String english = text("en");
        String german = text("de");

        assertThat(LANGUAGES.guess(english).score()).isGreaterThan(0.99);
        assertThat(LANGUAGES.guess(english + german).score()).isLessThan(FINE_WEB);
        assertThat(LANGUAGES.guess(english + english + english + german).language())
                .isEqualTo("en");
    }

    @Test
    void lettersOfAnotherScriptCount() throws IOException {
        String both = text("en").substring(0, 500) + text("ru").substring(0, 500);

        assertThat(LANGUAGES.guess(both).score()).isLessThan(FINE_WEB);
    }

    private static String text(String language) throws IOException {
        Stream<Sample> found = samples().stream().filter(sample -> sample.language.equals(language));
        return (String.join(" ", found.findFirst().orElseThrow().sentences) + " ").repeat(20);
    }

    @Test
    void capitalsAreNoOtherLanguage() {
        LanguageGuess small = LANGUAGES.guess("the mill stands by the river and the wheel turns");

        assertThat(LANGUAGES.guess("THE MILL STANDS BY THE RIVER AND THE WHEEL TURNS"))
                .isEqualTo(small);
    }

    @Test
    void digitsHaveNoLanguage() {
        assertThat(LANGUAGES.guess("12 34 56")).isEqualTo(new LanguageGuess("", 0));
        assertThat(LANGUAGES.guess("")).isEqualTo(new LanguageGuess("", 0));
    }
}
