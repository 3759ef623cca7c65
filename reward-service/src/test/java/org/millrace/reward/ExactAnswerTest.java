package org.millrace.reward;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExactAnswerTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '"',
            value = {
                "Paris; Paris",
                "\" paris.\"; Paris",
                "\"PARIS!\"; Paris",
                "The Hague; Hague",
                "\"the  Czech\tcrown\"; Czech crown",
                "Straße; STRASSE",
                "ﬁne; fine",
                "Ｐａｒｉｓ; Paris",
                "\"«Paris»\"; Paris",
                "euro; dollar|euro|pound",
                "A; A",
                "Guinea-Bissau; guinea-bissau",
                "\"C.\"; C",
            })
    void writtenOtherwiseIsStillRight(String answer, String reference) {
        assertThat(ExactAnswer.isRight(answer, reference)).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '"',
            value = {
                "London; Paris",
                "\"Paris, London, Rome\"; Paris",
                "Paris is the capital; Paris",
                "Pari; Paris",
                "\"\"; Paris",
                "\"...\"; Paris",
                "\"\"; \"|\"",
                "Paris|London; Paris",
                "Guinea; guinea-bissau",
                "anther; other",
            })
    void anythingElseIsWrong(String answer, String reference) {
        assertThat(ExactAnswer.isRight(answer, reference)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"The  end.", "ǅ", "a the an", "ΣΊΣΥΦΟΣ", "  «a»  ", "½", "ŉ", ""})
    void normalisingTwiceChangesNothing(String text) {
        String once = ExactAnswer.normalise(text);

        assertThat(ExactAnswer.normalise(once)).isEqualTo(once);
    }

    @Test
    void aReferenceOfBarsAndDotsIsNoUse() {
        assertThat(ExactAnswer.isUsable("|")).isFalse();
        assertThat(ExactAnswer.isUsable(" . | ! ")).isFalse();
        assertThat(ExactAnswer.isUsable("|x")).isTrue();
    }
}
