package org.millrace.cleaner.language;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LanguagesTest {

    private static final Languages LANGUAGES = Languages.load();

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "en; The capital of France is Paris, and the river that runs through it is the Seine.",
                "de; Die Hauptstadt von Frankreich ist Paris, und der Fluss, der hindurchfließt, ist die Seine.",
                "fr; La capitale de la France est Paris, et le fleuve qui la traverse est la Seine.",
                "es; La capital de Francia es París, y el río que la atraviesa es el Sena.",
                "it; La capitale della Francia è Parigi, e il fiume che la attraversa è la Senna.",
                "pt; A capital da França é Paris, e o rio que atravessa a cidade é o Sena.",
                "nl; De hoofdstad van Frankrijk is Parijs, en de rivier die erdoorheen stroomt is de Seine.",
                "pl; Stolicą Francji jest Paryż, a rzeka, która przez niego przepływa, to Sekwana.",
                "ru; Столица Франции — Париж, а река, которая течёт через него, называется Сена.",
                "tr; Fransa'nın başkenti Paris'tir ve içinden geçen nehir Seine nehridir.",
                "ja; フランスの首都はパリで、そこを流れる川はセーヌ川です。",
                "el; Η πρωτεύουσα της Γαλλίας είναι το Παρίσι και ο ποταμός είναι ο Σηκουάνας."
            })
    void oneSentenceIsEnough(String language, String sentence) {
        LanguageGuess guess = LANGUAGES.guess(sentence);

        assertThat(guess.language()).isEqualTo(language);
        assertThat(guess.score()).isGreaterThan(0.65);
    }

    @Test
    void theSameTextGetsTheSameGuess() {
        String mixed = "Lorem ipsum dolor sit amet, the capital of la France est Paris und so weiter";

        assertThat(LANGUAGES.guess(mixed)).isEqualTo(Languages.load().guess(mixed));
    }

    @Test
    void digitsHaveNoLanguage() {
        assertThat(LANGUAGES.guess("12 34 56")).isEqualTo(new LanguageGuess("", 0));
    }
}
