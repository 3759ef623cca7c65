package org.millrace.cleaner.rule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.millrace.cleaner.language.Tokens;

class SubjectPropertyTest {

    @Property(tries = 300)
    void linesAndParagraphsAreWhatThePatternsSplit(@ForAll("texts") String text) {
        Subject subject = subject(text);

        assertThat(subject.lines()).isEqualTo(split(text, "\n+"));
        assertThat(subject.paragraphs()).isEqualTo(split(text, "\n{2,}"));
    }

    @Property(tries = 300)
    void wordsAreCountedAsBySplitting(@ForAll("texts") String text) {
        List<String> words = split(text, "\\s+");
        Words counted = subject(text).words();

        assertThat(counted.count()).isEqualTo(words.size());
        assertThat(counted.spoken()).isEqualTo((int) words.stream()
                .filter(word -> word.codePoints().anyMatch(Character::isLetterOrDigit))
                .count());
        assertThat(counted.alphabetic()).isEqualTo((int) words.stream()
                .filter(word -> word.codePoints().anyMatch(Character::isLetter))
                .count());
        assertThat(counted.count(word -> word.equals("mill"))).isEqualTo((int) words.stream()
                .map(word -> word.replaceAll("^\\P{L}+|\\P{L}+$", ""))
                .filter("mill"::equals)
                .count());
    }

    @Property(tries = 300)
    void bytesAreThoseOfUtf8(@ForAll("texts") String text) {
        assertThat(TextBytes.utf8Length(text)).isEqualTo(text.getBytes(java.nio.charset.StandardCharsets.UTF_8).length);
    }

    @Provide
    Arbitrary<String> texts() {
        return Arbitraries.of("mill", "Rad", "é", "12", "-", "...", "(", " ", "\n", "\n\n", "\n\n\n", "ж", "😀")
                .list()
                .ofMaxSize(40)
                .map(pieces -> String.join("", pieces));
    }

    private static List<String> split(String text, String separator) {
        return Arrays.stream(text.split(separator))
                .filter(part -> !part.isBlank())
                .toList();
    }

    private static Subject subject(String text) {
        return new Subject(text, Tokens.of(text), "en", 1, 0, OptionalDouble.empty());
    }
}
