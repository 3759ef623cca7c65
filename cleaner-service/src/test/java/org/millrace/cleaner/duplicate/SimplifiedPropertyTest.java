package org.millrace.cleaner.duplicate;

import static org.assertj.core.api.Assertions.assertThat;

import java.text.Normalizer;
import java.util.Locale;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class SimplifiedPropertyTest {

    private static final Pattern NUMBER = Pattern.compile("\\p{N}+(?:[.,]\\p{N}+)*");
    private static final Pattern PUNCTUATION = Pattern.compile("[\\p{P}\\p{S}]+");
    private static final Pattern MARKS = Pattern.compile("\\p{M}+");
    private static final Pattern UNSPACED = Pattern.compile(
            "[\\p{IsHan}\\p{IsHiragana}\\p{IsKatakana}\\p{IsThai}\\p{IsLao}\\p{IsKhmer}\\p{IsMyanmar}]");

    /// Signatures travel in events, so words may never change.
    @Property(tries = 1000)
    void wordsAreWhatThePatternsLeave(@ForAll("texts") String text) {
        assertThat(Simplified.words(text)).containsExactly(byPatterns(text));
    }

    @Property(tries = 1000)
    void ofAnyText(@ForAll String text) {
        assertThat(Simplified.words(text)).containsExactly(byPatterns(text));
    }

    private static String[] byPatterns(String text) {
        String numbers = NUMBER.matcher(text.toLowerCase(Locale.ROOT)).replaceAll("0");
        String words = PUNCTUATION.matcher(numbers).replaceAll(" ");
        String plain =
                MARKS.matcher(Normalizer.normalize(words, Normalizer.Form.NFD)).replaceAll("");
        return UNSPACED.matcher(plain).replaceAll(" $0 ").strip().split("\\s+");
    }

    @Provide
    Arbitrary<String> texts() {
        return Arbitraries.of(
                        "mill",
                        "Rad",
                        "É",
                        "e\u0301",
                        "İ",
                        "12",
                        "1,412.60",
                        "½",
                        "Ⅳ",
                        ".",
                        ",",
                        "-",
                        "’",
                        "…",
                        "€",
                        "^",
                        "_",
                        " ",
                        "\n",
                        "\t",
                        "\u00a0",
                        "\u2003",
                        "水",
                        "は",
                        "ー",
                        "กังหัน",
                        "ນ້ຳ",
                        "방",
                        "😀",
                        "\ud800",
                        "٣",
                        "ﬁ")
                .list()
                .ofMaxSize(30)
                .map(pieces -> String.join("", pieces));
    }
}
