package org.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class AnswerTextTest {

    @Test
    void withoutStopTextsAllTextComesAtOnce() {
        AnswerText text = of();

        assertThat(add(text, "the mill")).isEqualTo("the mill");
        assertThat(text.end()).isEmpty();
    }

    @Test
    void whatMayBeginAStopTextWaitsUntilItIsClear() {
        AnswerText text = of("END");

        assertThat(add(text, "xE")).isEqualTo("x");
        assertThat(add(text, "N")).isEmpty();
        assertThat(add(text, "o")).isEqualTo("ENo");
        assertThat(text.isStopped()).isFalse();
    }

    @Test
    void aStopTextOverSeveralTokensEndsTheText() {
        AnswerText text = of("zzz", "END");

        assertThat(add(text, "xEN")).isEqualTo("x");
        assertThat(add(text, "D and more")).isEmpty();
        assertThat(text.isStopped()).isTrue();
    }

    @Test
    void theFirstOfTwoStopTextsCounts() {
        AnswerText text = of("runs", "mill");

        assertThat(add(text, "the mill runs")).isEqualTo("the ");
    }

    @Test
    void whatWaitsComesAtTheEnd() {
        AnswerText text = of("END");
        add(text, "xEN");

        assertThat(text.end()).isEqualTo("EN");
    }

    @Test
    void charactersAreNeverCut() {
        AnswerText text = of();
        StringBuilder whole = new StringBuilder();
        for (int id : TinyModel.tokenizer().encode("日本 ☂ ünïcödé")) {
            whole.append(text.add(id));
            assertThat(whole.toString()).doesNotContain("\uFFFD");
        }

        assertThat(whole.append(text.end())).hasToString("日本 ☂ ünïcödé");
    }

    private static AnswerText of(String... stops) {
        return new AnswerText(TinyModel.tokenizer().stream(), List.of(stops));
    }

    private static String add(AnswerText text, String piece) {
        StringBuilder certain = new StringBuilder();
        for (int id : TinyModel.tokenizer().encode(piece)) {
            if (!text.isStopped()) {
                certain.append(text.add(id));
            }
        }
        return certain.toString();
    }
}
