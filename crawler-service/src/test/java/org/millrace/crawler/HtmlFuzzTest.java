package org.millrace.crawler;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.millrace.crawler.manners.Manners;
import org.millrace.crawler.web.Fetch;
import org.millrace.crawler.web.Headers;
import org.millrace.crawler.web.NormalUrl;

/// Pages that nobody wrote: words of HTML in any order, and a few that are all of one. None breaks the
/// reader, and none takes long. A million by `-Dmillrace.fuzz.pages=1000000`.
class HtmlFuzzTest {

    private static final NormalUrl PAGE = NormalUrl.of("http://example.org/a").orElseThrow();
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final Manners MANNERS = Manners.of("millrace");
    private static final int MAX_BYTES = 5 << 20;

    private static final String[] WORDS = {
        "<a href=/x>",
        "<a href='",
        "</a>",
        "<div>",
        "</div>",
        "<p>",
        "<table>",
        "<tr>",
        "<td>",
        "<b>",
        "<i>",
        "</b>",
        "<svg>",
        "<math>",
        "<template>",
        "<select>",
        "<option>",
        "<script>",
        "</script>",
        "<style>",
        "<!--",
        "-->",
        "<![CDATA[",
        "<base href=//:0>",
        "<meta charset=utf-16>",
        "<meta name=robots content='",
        "<iframe src=data:,>",
        "<link rel='next canonical' href=?>",
        "\"",
        "'",
        ">",
        "<",
        "&amp;",
        "&#0;",
        "&#x110000;",
        "\u0000",
        "\u00ff\u00fe",
        "\u00ef\u00bb\u00bf",
        "noindex,",
        "words ",
        "\n",
        "<frameset>",
        "<form>",
        "<body>",
        "</html>",
        "<plaintext>"
    };

    private static final String[] TYPES = {
        "text/html",
        "text/html; charset=utf-8",
        "text/html; charset=utf-7",
        "text/html; charset=",
        "application/xhtml+xml",
        "text/html; charset=\"\u00ff\"",
        "text/html; charset=utf-16",
        "text/html; charset=iso-2022-kr",
        ""
    };

    @Test
    void noPageBreaksTheReaderAndNoneTakesLong() {
        Random random = new Random(42);
        long[] nanos = new long[Integer.getInteger("millrace.fuzz.pages", 10_000)];
        for (int i = 0; i < nanos.length; i++) {
            String html = IntStream.range(0, random.nextInt(40))
                    .mapToObj(_ -> WORDS[random.nextInt(WORDS.length)])
                    .collect(Collectors.joining());
            String type = TYPES[random.nextInt(TYPES.length)];
            long start = System.nanoTime();
            read(html, type);
            nanos[i] = System.nanoTime() - start;
        }
        Arrays.sort(nanos);

        assertThat(Duration.ofNanos(nanos[nanos.length * 99 / 100])).isLessThan(Duration.ofMillis(200));
    }

    @ParameterizedTest
    @MethodSource("giants")
    void noGiantTakesLong(String html) {
        String cut = html.substring(0, Math.min(html.length(), MAX_BYTES));

        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> read(cut, "text/html; charset=utf-8"));
    }

    static Arguments[] giants() {
        return new Arguments[] {
            Arguments.of("<div>".repeat(100_000) + "<a href=/x>"),
            Arguments.of("<i><div>".repeat(100_000)),
            Arguments.of(IntStream.range(0, 1_000_000)
                    .mapToObj(i -> " a" + i + "=1")
                    .collect(Collectors.joining("", "<a", " href=/x>x</a>"))),
            Arguments.of("<meta name=robots content='" + "noarchive, ".repeat(400_000) + "'>"),
            Arguments.of("<a rel='" + "x ".repeat(2_000_000) + "' href=/x>"),
            Arguments.of("<a href='" + "../".repeat(1_000_000) + "'>"),
        };
    }

    private static Reading read(String html, String type) {
        byte[] body = html.getBytes(ISO_8859_1);
        return Reading.of(PAGE, new Fetch.Fetched(200, body, Headers.of("Content-Type", type)), NOW, MANNERS);
    }
}
