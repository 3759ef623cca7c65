package org.millrace.bpe;

import static java.nio.charset.StandardCharsets.UTF_8;
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
        for (SplitPattern pattern : SplitPattern.values()) {
            for (String unit : List.of(" ", "\n", " \n", "a", "1", "!", "'", "\u00a0", " !", "' ")) {
                assertTimeoutPreemptively(Duration.ofSeconds(20), () -> split(pattern, unit.repeat(1_000_000)));
            }
        }
    }

    @Test
    void bytesThatAreNoUtf8AreSymbols() {
        Splitter splitter = new Splitter(SplitPattern.NANOCHAT);
        byte[] text = {'a', (byte) 0xFF, (byte) 0xC3, 'b', (byte) 0xE4, (byte) 0xB8};

        assertThat(splitter.end(text, 0, 6)).isEqualTo(1);
        assertThat(splitter.end(text, 1, 6)).isEqualTo(3);
        assertThat(splitter.end(text, 3, 6)).isEqualTo(4);
        assertThat(splitter.end(text, 4, 6)).isEqualTo(6);
    }

    private static List<String> split(String text) {
        return split(SplitPattern.NANOCHAT, text);
    }

    static List<String> split(SplitPattern pattern, String text) {
        Splitter splitter = new Splitter(pattern);
        byte[] bytes = text.getBytes(UTF_8);
        List<String> pieces = new ArrayList<>();
        int start = 0;
        while (start < bytes.length) {
            int end = splitter.end(bytes, start, bytes.length);
            pieces.add(new String(bytes, start, end - start, UTF_8));
            start = end;
        }
        return pieces;
    }
}
