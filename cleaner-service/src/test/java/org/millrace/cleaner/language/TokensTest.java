package org.millrace.cleaner.language;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokensTest {

    static List<String> list(Tokens tokens) {
        return IntStream.range(0, tokens.size()).mapToObj(tokens::get).toList();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "The miller's wheel, 1.5 m.; The|miller's|wheel|,|1|.|5|m|.",
                "dogs' tails; dogs|'|tails",
                "水车转动。; 水|车|转|动|。",
                "川はセーヌ川です。; 川|は|セーヌ|川|です|。",
                "กังหันหมุน; กังหัน|หมุน",
                "ນ້ຳໄຫຼ; ນ້|ຳ|ໄ|ຫຼ",
                "방앗간은 돈다.; 방앗간은|돈다|.",
                "mill水mill; mill|水|mill",
                "e\u0301t\u0301; e\u0301t\u0301"
            })
    void wordsFollowTheScript(String text, String tokens) {
        assertThat(list(Tokens.of(text))).containsExactly(tokens.split("\\|"));
    }

    @Test
    void wordsAreCountedWithTheirCharacters() {
        Tokens tokens = Tokens.of("A mill, 12 wheels _ … 😀");

        assertThat(tokens.words()).isEqualTo(4);
        assertThat(tokens.wordCharacters()).isEqualTo(1 + 4 + 2 + 6);
    }

    @Test
    void chineseIsMadeOfSyllablesAndThaiIsNot() {
        assertThat(Tokens.of("水车转动 mill").areSyllables()).isTrue();
        assertThat(Tokens.of("กังหันหมุน").areSyllables()).isFalse();
        assertThat(Tokens.of("The mill 水 turns").areSyllables()).isFalse();
    }

    @Test
    void hashesTellTokensApart() {
        Tokens tokens = Tokens.of("mill Mill mill");

        assertThat(tokens.hash(0)).isEqualTo(tokens.hash(2)).isNotEqualTo(tokens.hash(1));
        assertThat(tokens.lowerCaseHash(0)).isEqualTo(tokens.lowerCaseHash(1));
    }
}
