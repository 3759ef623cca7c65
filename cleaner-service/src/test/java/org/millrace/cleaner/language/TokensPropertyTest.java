package org.millrace.cleaner.language;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class TokensPropertyTest {

    private static final Pattern TOKEN = Pattern.compile("[\\p{L}\\p{M}\\p{N}_]+(?:['’][\\p{L}\\p{M}]+)?|[^\\s\\p{Z}]");

    /// For scripts with spaces, the scanner is this regular expression.
    @Property(tries = 500)
    void tokensAreWhatThePatternFinds(@ForAll("texts") String text) {
        List<String> expected =
                TOKEN.matcher(text).results().map(MatchResult::group).toList();

        assertThat(TokensTest.list(Tokens.of(text))).isEqualTo(expected);
    }

    @Provide
    Arbitrary<String> texts() {
        return Arbitraries.of(
                        "mill", "a", "É", "ж", "ش", "12", "½", "_", "'", "’", " ", "\n", ".", ",", "…", "😀", "\u0301",
                        "-", "é")
                .list()
                .ofMaxSize(40)
                .map(pieces -> String.join("", pieces));
    }
}
