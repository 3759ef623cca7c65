package org.millrace.cli.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextReportTest {

    @Test
    void figuresStandToTheRightAndForeignTextCannotSteerTheTerminal() {
        Table table = new Table(
                "Rules",
                List.of("rule", "pages", "example"),
                List.of(List.of("too-short", "1,204", "a\u001B]0;owned\u0007b"), List.of("language", "7", "plain")));
        Report report = new Report(
                "Title",
                "Lead",
                List.of(),
                List.of(new Section("Dropped", "3 s", List.of("A note."), List.of(table), List.of(), List.of())));

        assertThat(TextReport.of(report)).isEqualTo("""
                Title
                Lead

                Dropped (3 s)
                  A note.
                  Rules:
                    rule       pages  example
                    too-short  1,204  a\uFFFD]0;owned\uFFFDb
                    language       7  plain
                """);
    }

    @Test
    void aRowOfAnotherLengthIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Table("", List.of("a", "b"), List.of(List.of("only one"))))
                .withMessageContaining("expected 2 cells, got 1");
    }

    @ParameterizedTest
    @CsvSource({"0,0 B", "999,999 B", "1500,1.50 kB", "123456,123 kB", "4300000,4.30 MB", "15e12,15.0 TB"})
    void largeNumbersAreRounded(double value, String expected) {
        assertThat(Numbers.rounded(value, "B")).isEqualTo(expected);
    }

    @Test
    void linesAndTabsStandInATextAndWhatATerminalObeysDoesNot() {
        assertThat(PlainText.text("a\n\tb\u200Fc 😀\u200D")).isEqualTo("a\n\tb\u200Fc 😀\u200D");
        assertThat(PlainText.text("\u001B[2J\u009B2J\r\u0007\u007F\u202Ed"))
                .isEqualTo("\uFFFD[2J\uFFFD2J\uFFFD\uFFFD\uFFFD\uFFFDd");
    }

    @Test
    void aLongLineIsCutBetweenCharacters() {
        assertThat(PlainText.line("ab😀cd", 4)).isEqualTo("ab…");
        assertThat(PlainText.line("ab😀", 4)).isEqualTo("ab😀");
        assertThat(PlainText.line(" a \n\t b ", 10)).isEqualTo("a b ");
    }
}
