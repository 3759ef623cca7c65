package org.millrace.crawler.manners;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.millrace.crawler.web.NormalUrl;

class PathPatternPropertyTest {

    /// The same as a regular expression, which tries every way.
    @Property(tries = 3_000)
    void aPatternMatchesWhatItsRegularExpressionMatches(
            @ForAll("patterns") String pattern, @ForAll("paths") String path) {
        NormalUrl url = NormalUrl.of("http://example.org" + path).orElseThrow();

        assertThat(PathPattern.of(pattern).matches(PathPattern.subject(url)))
                .as("%s on %s", pattern, url.path())
                .isEqualTo(slowly(pattern, url.path()));
    }

    private static boolean slowly(String pattern, String path) {
        boolean toTheEnd = pattern.endsWith("$");
        StringBuilder expression = new StringBuilder();
        String body = toTheEnd ? pattern.substring(0, pattern.length() - 1) : pattern;
        for (char c : body.toCharArray()) {
            expression.append(c == '*' ? ".*" : Pattern.quote(String.valueOf(c)));
        }
        return Pattern.compile(expression + (toTheEnd ? "" : ".*"))
                .matcher(path)
                .matches();
    }

    @Provide
    Arbitrary<String> patterns() {
        return Arbitraries.strings().withChars("ab/*$?[|").ofMaxLength(8).map(rest -> "/" + rest);
    }

    @Provide
    Arbitrary<String> paths() {
        return Arbitraries.strings().withChars("ab/$?[|").ofMaxLength(12).map(rest -> "/" + rest);
    }
}
