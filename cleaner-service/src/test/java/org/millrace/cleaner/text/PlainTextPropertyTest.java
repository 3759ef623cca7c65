package org.millrace.cleaner.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.text.Normalizer;
import java.util.Map;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.millrace.cleaner.StandardConfig;

class PlainTextPropertyTest {

    private static final LineFilter FILTER =
            LineFilter.of(StandardConfig.with(Map.of()).c4());

    @Property(tries = 500)
    void plainTextIsPlainAlready(@ForAll String text) {
        String plain = PlainText.of(text);

        assertThat(PlainText.of(plain)).isEqualTo(plain);
        assertThat(Normalizer.isNormalized(plain, Normalizer.Form.NFC)).isTrue();
        assertThat(plain.chars().filter(c -> c != '\n')).noneMatch(Character::isISOControl);
        assertThat(plain).doesNotContain("\n\n\n", "  ", " \n", "\n ");
    }

    @Property(tries = 1_000)
    void theFastWayIsTheObviousWay(@ForAll("dirt") String text) {
        assertThat(PlainText.of(text)).isEqualTo(Obvious.of(text));
    }

    @Property(tries = 1_000)
    void withFencesItIsPlainAlreadyToo(@ForAll("fenced") String text) {
        String plain = PlainText.of(text);

        assertThat(PlainText.of(plain)).isEqualTo(plain);
        assertThat(FILTER.apply(FILTER.apply(plain))).isEqualTo(FILTER.apply(plain));
        assertThat(plain).doesNotContain("\n\n\n", " \n");
    }

    @Provide
    Arbitrary<String> dirt() {
        Arbitrary<String> pieces = Arbitraries.of(
                "a",
                "e\u0301",
                "ﬁ",
                "\u00e9",
                " ",
                "\t",
                "\u00a0",
                "\u3000",
                "\n",
                "\r",
                "\r\n",
                "\u2028",
                "\u000b",
                "\u0085",
                "\u0000",
                "\u007f",
                "\u200b",
                "\u200d",
                "\u00ad",
                "\ud800",
                "\ud83d\ude00",
                "\ue000",
                "\u0378",
                "`",
                "中");
        return Arbitraries.oneOf(pieces.list().ofMaxSize(30).map(list -> String.join("", list)), Arbitraries.strings())
                .filter(text -> !text.contains("`"));
    }

    @Provide
    Arbitrary<String> fenced() {
        return Arbitraries.of(
                        "```", "```java", "\n", "\n\n", "  ", "\t", "x", "[1]", "a b", "````", "javascript", "\n```\n")
                .list()
                .ofMaxSize(25)
                .map(list -> String.join("", list));
    }

    /// What [PlainText] does to text without code, in the words of regular expressions.
    private static final class Obvious {

        private static final Pattern LINE_BREAK = Pattern.compile("\r\n?|[\u000b\u000c\u0085\u2028\u2029]");
        private static final Pattern SPACES = Pattern.compile("[\\p{Z}\t&&[^\n]]+");
        private static final Pattern AROUND_BREAK = Pattern.compile(" ?\n ?");
        private static final Pattern BLANK_LINES = Pattern.compile("\n{3,}");
        private static final Pattern INVISIBLE =
                Pattern.compile("[\\p{Cc}\\p{Cn}\\p{Cs}\\p{Co}\\p{Cf}&&[^\n\t\u200c\u200d]]");

        static String of(String text) {
            String breaks = LINE_BREAK.matcher(text).replaceAll("\n");
            String visible = INVISIBLE.matcher(breaks).replaceAll("");
            String composed = Normalizer.normalize(visible, Normalizer.Form.NFC);
            String spaced = SPACES.matcher(composed).replaceAll(" ");
            String lines = AROUND_BREAK.matcher(spaced).replaceAll("\n");
            return BLANK_LINES.matcher(lines).replaceAll("\n\n").strip();
        }
    }
}
