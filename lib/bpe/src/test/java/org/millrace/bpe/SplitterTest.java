package org.millrace.bpe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SplitterTest {

    @Test
    void wordsTakeTheSpaceBeforeThem() {
        assertThat(split("The mill turns.")).containsExactly("The", " mill", " turns", ".");
    }

    @Test
    void numbersHaveAtMostTwoDigits() {
        assertThat(split("in 12345")).containsExactly("in", " ", "12", "34", "5");
    }

    @Test
    void contractionsAreTheirOwnPieces() {
        assertThat(split("it's We'LL can't 'tis")).containsExactly("it", "'s", " We", "'LL", " can", "'t", " '", "tis");
    }

    @Test
    void theLastSpaceBelongsToTheWordBehindIt() {
        assertThat(split("a   b")).containsExactly("a", "  ", " b");
    }

    @Test
    void newlinesEndTheirPiece() {
        assertThat(split("a;\n\n  b \n c  ")).containsExactly("a", ";\n\n", " ", " b", " \n", " c", "  ");
    }

    @Test
    void longRunsOfAnythingAreLinear() {
        for (String unit : List.of(" ", "\n", " \n", "a", "1", "!", "'", "\u00a0", " !", "' ")) {
            assertTimeoutPreemptively(Duration.ofSeconds(20), () -> split(unit.repeat(1_000_000)));
        }
    }

    static List<String> split(String text) {
        List<String> pieces = new ArrayList<>();
        int start = 0;
        while (start < text.length()) {
            int end = Splitter.end(text, start);
            pieces.add(text.substring(start, end));
            start = end;
        }
        return pieces;
    }
}
