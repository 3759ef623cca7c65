package org.millrace.cleaner.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.millrace.cleaner.StandardConfig;

class LineFilterTest {

    private static final LineFilter FILTER = with(Map.of());

    private static LineFilter with(Map<String, String> settings) {
        return LineFilter.of(StandardConfig.with(settings).c4());
    }

    @Test
    void linesAboutTheSiteGoAndTheOthersStay() {
        assertThat(FILTER.apply("The mill is old.\n\nPlease enable JavaScript to see it.\n\nIt still turns."))
                .isEqualTo("The mill is old.\n\nIt still turns.");
        assertThat(FILTER.apply("Read our Privacy Policy.\nOur site uses cookies."))
                .isEmpty();
    }

    @Test
    void marksOfEncyclopaediasGo() {
        assertThat(FILTER.apply("Rye[1] grows[22] here[citation needed].[edit]"))
                .isEqualTo("Rye grows here.");
        assertThat(FILTER.apply("ed[ed[edit]it]ges")).isEqualTo("edges");
        assertThat(FILTER.apply("a [citation [1] needed] b")).isEqualTo("a b");
    }

    /// Taken out one level at a time, each with a look at the whole text, this would take hours.
    @Test
    void marksInMarksGoInOnePass() {
        int depth = 500_000;

        assertTimeoutPreemptively(
                Duration.ofSeconds(20), () -> assertThat(FILTER.apply("[".repeat(depth) + "]".repeat(depth)))
                        .isEmpty());
    }

    @Test
    void aThousandCharactersAreAWordAndOneMoreAreNot() {
        assertThat(FILTER.apply("x".repeat(1000))).hasSize(1000);
        assertThat(FILTER.apply("x".repeat(1001))).isEmpty();
    }

    @Test
    void linesOfTooFewWordsGoIfAsked() {
        LineFilter three = with(Map.of("c4.minimum-line-words", "3"));

        assertThat(three.apply("It still turns.\nIt turns.")).isEqualTo("It still turns.");
        assertThat(FILTER.apply("It turns.")).isEqualTo("It turns.");
    }

    @Test
    void wordsOfALineAreThoseOfItsScript() {
        LineFilter three = with(Map.of("c4.minimum-line-words", "3"));

        for (String line : List.of("水车转动到傍晚。", "水車は夕方まで回ります。", "กังหันน้ำหมุนจนถึงเย็น", "물레방아는 저녁까지 돈다.")) {
            assertThat(three.apply(line + "\n– 水 –")).isEqualTo(line);
        }
    }

    @Test
    void linesThatDoNotEndAsSentencesGoIfAsked() {
        LineFilter sentences = with(Map.of("c4.terminal-punctuation", "true"));

        assertThat(sentences.apply("The mill turns.\nThe mill\n\"It turns\"\nIt turns …\nIt turns!"))
                .isEqualTo("The mill turns.\n\"It turns\"\nIt turns!");
    }

    @Test
    void noticesAndMarksStayIfAsked() {
        LineFilter off = with(Map.of("c4.notices", "false"));

        assertThat(off.apply("JavaScript[1] is a language.")).isEqualTo("JavaScript[1] is a language.");
    }
}
