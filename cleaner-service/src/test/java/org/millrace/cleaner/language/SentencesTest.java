package org.millrace.cleaner.language;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SentencesTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "1; A heading",
                "1; It turns.",
                "2; It turns. It grinds!",
                "2; It turns … It grinds",
                "1; It weighs 1.5 tons.",
                "1; It weighs 3 tons, e.g. of rye.",
                "1; J. R. Miller built it.",
                "2; (It turns.) It grinds.",
                "2; \"It turns!\" It grinds.",
                "1; Really?!",
                "2; 水车转动。磨坊主磨小麦。",
                "2; 水車は回る！粉を ひく。",
                "2; तेल बहता है। पहिया घूमता है।",
                "2; الماء يجري. هل تدور؟",
            })
    void sentencesAreCounted(int count, String line) {
        assertThat(Sentences.count(line)).isEqualTo(count);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "It turns.",
                "It turns!",
                "\"It turns\"",
                "It turns …",
                "(It turns.)",
                "转动。",
                "घूमता है।",
                "تدور؟"
            })
    void theseEndAsSentences(String line) {
        assertThat(Sentences.endsAsSentence(line)).isTrue();
    }

    @Test
    void theseDoNot() {
        assertThat(Sentences.endsAsSentence("The mill")).isFalse();
        assertThat(Sentences.endsAsSentence("The mill (old)")).isFalse();
        assertThat(Sentences.endsAsSentence("The mill:")).isFalse();
        assertThat(Sentences.endsAsSentence("")).isFalse();
    }
}
