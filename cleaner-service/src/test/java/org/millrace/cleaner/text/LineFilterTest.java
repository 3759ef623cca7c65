package org.millrace.cleaner.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LineFilterTest {

    @Test
    void linesAboutTheSiteGoAndTheOthersStay() {
        assertThat(LineFilter.apply("The mill is old.\n\nPlease enable JavaScript to see it.\n\nIt still turns."))
                .isEqualTo("The mill is old.\n\nIt still turns.");
        assertThat(LineFilter.apply("Read our Privacy Policy.\nOur site uses cookies."))
                .isEmpty();
    }

    @Test
    void marksOfEncyclopaediasGo() {
        assertThat(LineFilter.apply("Rye[1] grows[22] here[citation needed].[edit]"))
                .isEqualTo("Rye grows here.");
        assertThat(LineFilter.apply("ed[ed[edit]it]ges")).isEqualTo("edges");
    }

    @Test
    void aThousandCharactersAreAWordAndOneMoreAreNot() {
        assertThat(LineFilter.apply("x".repeat(1000))).hasSize(1000);
        assertThat(LineFilter.apply("x".repeat(1001))).isEmpty();
    }
}
