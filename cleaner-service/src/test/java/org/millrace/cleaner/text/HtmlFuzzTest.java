package org.millrace.cleaner.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.cleaner.Page;

/// No page may end the reader or hold it up: faults table B, row 7. `-Dmillrace.fuzz.pages=1000000`
/// for the long run.
class HtmlFuzzTest {

    private static final int PAGES = Integer.getInteger("millrace.fuzz.pages", 10_000);
    private static final int PIECES = 60;
    private static final Duration P99 = Duration.ofMillis(200);

    /// Ten times what the slowest takes on an idle machine: a quadratic one takes minutes.
    private static final Duration NO_HANG = Duration.ofSeconds(10);

    private static final List<String> SOUP = List.of(
            "<div>",
            "</div>",
            "<p>",
            "</p>",
            "<b>",
            "</b>",
            "<i>",
            "<a href=x>",
            "</a>",
            "<table>",
            "<tr>",
            "<td>",
            "</table>",
            "<ul>",
            "<li>",
            "</ul>",
            "<h1>",
            "</h1>",
            "<h2>",
            "<pre>",
            "</pre>",
            "<br>",
            "<span hidden>",
            "<article>",
            "</article>",
            "<main>",
            "<nav>",
            "<form>",
            "<input type=email>",
            "<select>",
            "<option>",
            "<svg>",
            "<math>",
            "<title>",
            "<template>",
            "<noscript>",
            "<frameset>",
            "<noframes>",
            "<script>",
            "</script>",
            "<style>",
            "<!--",
            "-->",
            "<![CDATA[",
            "<?xml",
            "<div class='comment share post-body'>",
            "<p style='display:none'>",
            "<script type='application/ld+json'>{\"@type\":\"Article\",\"articleBody\":\"",
            "\"}",
            "{",
            "[",
            "\\u12",
            "&amp;",
            "&#xfffff;",
            "&#0;",
            "&",
            "<",
            ">",
            "\"",
            "'",
            "=",
            "\u0000",
            "\ud800",
            "\u202e",
            "```",
            "```\n",
            "\n",
            "A sentence of some words stands here. ",
            "word ",
            "中文字",
            "<time datetime=9999-99-99>",
            "<meta name=author content=",
            "<ol start=99999999999>",
            "<a name=x rel=license href='http://['>",
            "<sup><a href=#>");

    @Test
    void randomSoupIsReadInTime() {
        Random random = new Random(20261121);
        long[] nanos = IntStream.range(0, PAGES)
                .mapToLong(_ -> nanos(page(soup(random))))
                .sorted()
                .toArray();

        assertThat(Duration.ofNanos(nanos[PAGES * 99 / 100])).isLessThan(P99);
    }

    @Test
    void randomBytesAreRead() {
        Random random = new Random(7);
        for (int i = 0; i < PAGES / 20; i++) {
            byte[] body = new byte[random.nextInt(400)];
            random.nextBytes(body);
            for (String type : List.of("text/html", "text/html; charset=shift_jis", "text/html; charset=utf-16", "")) {
                PageReader.read(new Page("https://example.org/", type, body));
            }
        }
        assertThat(PageReader.read(page("<p>The reader still reads.</p>"))).isInstanceOf(PageReader.Read.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<div>",
                "<b>",
                "<i><b><p>",
                "<a href=x>word ",
                "<table><tr><td>",
                "<li>a",
                "<h1>a",
                "<svg>",
                "<x-y>",
                "<a>x<table>",
                "<a><div></a>",
                "<b><div>x</b></div>",
                "a<br>",
                "&amp;",
                "<!--",
                "[1",
                "```a\n",
                "{\"a\":",
                "<p class=\"share comment post-body\">x",
                "<h2>Related articles</h2><p>A sentence of some words here.",
                "<script type=application/ld+json>[[[[",
                "<span class=comment>a"
            })
    void fourMebibytesOfOneThingAreReadInTime(String piece) {
        String html = piece.repeat(Page.MAX_BODY_BYTES / piece.length());

        assertTimeoutPreemptively(NO_HANG, () -> PageReader.read(page(html)));
    }

    @Test
    void aHundredThousandNestedElementsAreReadInTime() {
        String html = "<div>".repeat(100_000) + "<p>Deep below the surface of the page.</p>" + "</div>".repeat(100_000);

        assertTimeoutPreemptively(NO_HANG, () -> PageReader.read(page(html)));
    }

    @Test
    void aMillionAttributesAreReadInTime() {
        String html = "<p>Before the flood.</p><p " + "a=1 ".repeat(1_000_000) + ">Behind it.</p>";

        PageReader.Reading reading = assertTimeoutPreemptively(NO_HANG, () -> PageReader.read(page(html)));

        assertThat(reading).isInstanceOfSatisfying(PageReader.Read.class, read -> assertThat(
                        read.article().text())
                .isEqualTo("Before the flood."));
    }

    /// The bound is far above what people write: a long table, and pictures inside of attributes.
    @Test
    void longPagesAreReadToTheirEnd() {
        String table = "<tr><td>Tern</td><td>9 metres</td></tr>".repeat(5_000);
        String picture = "<img src=\"data:image/png;base64," + "iVBOR/w0K = <".repeat(50_000) + "\">";
        String html = "<p>" + picture + "It begins.</p><table>" + table + "</table><p>It ends here at last.</p>";

        assertThat(HtmlParser.bounded(html)).isEqualTo(html.length());
    }

    private static long nanos(Page page) {
        long start = System.nanoTime();
        PageReader.read(page);
        return System.nanoTime() - start;
    }

    private static String soup(Random random) {
        StringBuilder soup = new StringBuilder();
        int pieces = random.nextInt(PIECES);
        for (int i = 0; i < pieces; i++) {
            String piece = SOUP.get(random.nextInt(SOUP.size()));
            soup.append(random.nextInt(200) == 0 ? piece.repeat(50) : piece);
        }
        return soup.toString();
    }

    private static Page page(String html) {
        byte[] body = html.getBytes(StandardCharsets.UTF_8);
        return new Page(
                "https://example.org/",
                "text/html; charset=utf-8",
                Arrays.copyOf(body, Math.min(body.length, Page.MAX_BODY_BYTES)));
    }
}
