package org.millrace.crawler.manners;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.nio.charset.Charset;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.crawler.web.Fetcher;
import org.millrace.crawler.web.NormalUrl;

/// The rules of RFC 9309, case by case: its examples, and what robots.txt files have besides.
class RobotsTxtTest {

    private static final NormalUrl LOCATION = url("/robots.txt");
    private static final String US = "User-agent: millrace\n";

    /// Who a group speaks to: section 2.2.1. `|` stands for the end of a line; `/x` is asked for.
    @ParameterizedTest
    @CsvSource({
        "User-agent: millrace|Disallow: /x, false",
        "uSeR-aGeNt: MILLrace|DISALLOW: /x, false",
        "User-agent: millrace/1.2|Disallow: /x, false",
        "User-agent: Millrace 1.2|Disallow: /x, false",
        "User-agent: millrace2|Disallow: /x, false",
        "User-agent: mill|Disallow: /x, true",
        "User-agent: millrace-images|Disallow: /x, true",
        "User-agent: supermillrace|Disallow: /x, true",
        "User-agent: other|Disallow: /x, true",
        "User-agent: *|Disallow: /x, false",
        "User-agent: * (all of them)|Disallow: /x, false",
        "User-agent: *|Disallow: /||User-agent: millrace|Disallow: /y, true",
        "User-agent: millrace|Disallow: /y||User-agent: *|Disallow: /, true",
        "User-agent: *|Disallow: /x||User-agent: millrace|Disallow:, true",
        "User-agent: *|Disallow: /x||User-agent: millrace, true",
        // groups of one agent are one group
        "User-agent: millrace|Disallow: /y||User-agent: b|Disallow: /z||User-agent: millrace|Disallow: /x, false",
        "User-agent: millrace|Disallow: /x||User-agent: b|Disallow: /z||User-agent: millrace|Disallow: /y, false",
        "User-agent: *|Disallow: /x||User-agent: b|Disallow: /z||User-agent: *|Disallow: /y, false",
        // one group of several agents, whatever stands between their lines
        "User-agent: a|User-agent: millrace|User-agent: c|Disallow: /x, false",
        "User-agent: a|||User-agent: millrace|||Disallow: /x, false",
        "User-agent: a # one|# two|User-agent: millrace#three|Disallow: /x #four, false",
        "User-agent: millrace|Sitemap: http://example.org/s|User-agent: b|Disallow: /x, false",
        "User-agent: millrace|Foo: bar|User-agent: b|Disallow: /x, false",
        "User-agent: millrace|nothing|User-agent: b|Disallow: /x, false",
        "User-agent: millrace|Crawl-delay: 1|User-agent: b|Disallow: /x, false",
        "User-agent: millrace|Sitemap: http://example.org/s|Disallow: /x, false",
        // rules that belong to nobody
        "Disallow: /x|User-agent: millrace|Disallow: /y, true",
        "'User-agent: foo, millrace|Disallow: /x', true",
        // as people write
        "  User-agent :  millrace  | Disallow\t:\t/x , false",
        "User-agent millrace|Disallow /x, false",
        "User-agent: millrace|Dissallow: /x, false",
        "User-agent: millrace|Disallow: x, true",
    })
    void groupsSpeakToTheirAgents(String file, boolean allowed) {
        assertThat(read(file.replace('|', '\n')).allow(url("/x"))).isEqualTo(allowed);
    }

    /// Which rule counts, and what it matches: sections 2.2.2 and 2.2.3.
    @ParameterizedTest
    @CsvSource({
        "Disallow: /, /robots.txt, true",
        "Disallow: /x, /x, false",
        "Disallow: /x, /xy, false",
        "Disallow: /x, /y/x, true",
        "Disallow: /X, /x, true",
        // the longest match counts, and Allow where both are as long
        "Allow: /example/page/|Disallow: /example/page/disallowed.gif, /example/page/disallowed.gif, false",
        "Allow: /example/page/|Disallow: /example/page/disallowed.gif, /example/page/, true",
        "Allow: /x/page|Disallow: /x/, /x/page, true",
        "Disallow: /x/page|Allow: /x/, /x/page, false",
        "Disallow: /x|Allow: /x, /x, true",
        "Allow: /x|Disallow: /x, /x, true",
        "Allow: /p|Disallow: /, /page, true",
        "Allow: /folder|Disallow: /folder, /folder/page, true",
        "Allow: /page|Disallow: /*.htm, /page.htm, false",
        "Allow: /page|Disallow: /*.ph, /page.php5, true",
        "Allow: /$|Disallow: /, /, true",
        "Allow: /$|Disallow: /, /page.htm, false",
        // wildcards
        "Disallow: *, /a, false",
        "Disallow: /*, /a, false",
        "Disallow: /*.gif$, /a/b.gif, false",
        "Disallow: /*.gif$, /a/b.gif?c, true",
        "Disallow: /*.gif$, /a.gif/b.gif, false",
        "Disallow: /*.gif$, /a.gif/b.png, true",
        "Disallow: /a*b/c, /axxb/b/c, false",
        "Disallow: /a*b*c$, /abbc, false",
        "Disallow: /a*b*c$, /acb, true",
        "Disallow: /a*a$, /a, true",
        "Disallow: /***a***b, /zza1b, false",
        "Disallow: /a*$, /abc, false",
        "Disallow: /$, /a, true",
        "Disallow: /a$b, /a$b, false",
        "Disallow: /a$b, /a, true",
        "Disallow: /*?, /a?b, false",
        "Disallow: /*?, /a, true",
        "Disallow: /this/*/exactly, /this/path/exactly, false",
        // escapes
        "Disallow: /~joe, /%7Ejoe/, false",
        "Disallow: /%7Ejoe, /~joe/, false",
        "Disallow: /a%3cd.html, /a%3Cd.html, false",
        "Disallow: /a/b.html, /a%2Fb.html, true",
        "Disallow: /a%2fb.html, /a/b.html, true",
        "Disallow: /a%2fb.html, /a%2Fb.html, false",
        "Disallow: /foo/bar?baz=http://foo.bar, /foo/bar?baz=http://foo.bar, false",
        "Disallow: /foo/bar/ツ, /foo/bar/%E3%83%84, false",
        "Disallow: /foo/bar/%E3%83%84, /foo/bar/ツ, false",
        "Disallow: /foo/bar/%62%61%7A, /foo/bar/baz, false",
        "Disallow: /a?b=%63, /a?b=c, false",
        "Disallow: /file-with-a-%2A.html, /file-with-a-*.html, false",
        "Disallow: /file-with-a-%2A.html, /file-with-a-b.html, true",
        "Disallow: /foo-%24, /foo-$, false",
        "Disallow: /foo-%24, /foo-, true",
        "Disallow: /a[b]|Allow: /c, /a[b], false",
        "Disallow: /a%5Bb%5D, /a[b], false",
        "Disallow: /a(b);c, /a(b);c, false",
        "Allow: /*bbb|Disallow: /ツ, /%E3%83%84bbb, false",
    })
    void theLongestRuleThatMatchesCounts(String rules, String path, boolean allowed) {
        assertThat(read(US + rules.replace('|', '\n')).allow(url(path))).isEqualTo(allowed);
    }

    static final List<Arguments> BYTES = List.of(
            Arguments.of("a byte order mark", "\uFEFF", "\n", UTF_8),
            Arguments.of("UTF-16 with its mark", "\uFEFF", "\n", UTF_16LE),
            Arguments.of("the other UTF-16 with its mark", "\uFEFF", "\n", UTF_16BE),
            Arguments.of("UTF-16 without", "", "\n", UTF_16LE),
            Arguments.of("the other UTF-16 without", "", "\n", UTF_16BE),
            Arguments.of("CR", "", "\r", UTF_8),
            Arguments.of("CR LF", "", "\r\n", UTF_8),
            Arguments.of("LF CR", "", "\n\r", UTF_8),
            Arguments.of("a NUL at the start of lines", "", "\n\0", UTF_8),
            Arguments.of("comments", "# hello\n", " # not this\n", UTF_8));

    @ParameterizedTest(name = "{0}")
    @FieldSource("BYTES")
    void linesAreFoundInAnyBytes(String what, String start, String lineEnd, Charset charset) {
        String file = start + String.join(lineEnd, "User-agent: millrace", "Disallow: /x", "Disallow: /ü", "");

        RobotsTxt read = RobotsTxt.read(LOCATION, file.getBytes(charset), "millrace");

        assertThat(read.allow(url("/x"))).as(what).isFalse();
        assertThat(read.allow(url("/%C3%BC"))).isFalse();
        assertThat(read.allow(url("/y"))).isTrue();
    }

    /// A path is octets. Those of Latin-1 are other octets than those of UTF-8, and no line ends.
    @Test
    void octetsThatAreNoUtf8AreMatchedAsTheyAre() {
        byte[] file = (US + "Disallow: /caf\u00e9\nDisallow: /a\u0085b\n").getBytes(ISO_8859_1);

        RobotsTxt read = RobotsTxt.read(LOCATION, file, "millrace");

        assertThat(read.allow(url("/caf%E9"))).isFalse();
        assertThat(read.allow(url("/a%85b"))).isFalse();
        assertThat(read.allow(url("/a"))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<!doctype html><html><head><title>Not found</title></head><body>Disallow: /</body></html>",
                "<html><body><h1>Welcome</h1></body></html>",
                "",
                "\n\n\n",
                "{\"user\": \"agent\"}",
                "Disallow: /\n"
            })
    void whatIsNoRobotsTxtForbidsNothing(String body) {
        assertThat(RobotsTxt.read(LOCATION, body.getBytes(UTF_8), "millrace").allow(url("/x")))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<html><body><pre>\nUser-agent: *\nDisallow: /x\n</pre></body></html>",
                "<!doctype html><p>User-agent: *<br>Disallow: /x</p>",
                "\n<br />\n<b>Warning</b>: something\nUser-agent: *\nDisallow: /x",
                "<User-agent: *\nUser-agent: *\nDisallow: /x"
            })
    void rulesInHtmlCount(String body) {
        assertThat(read(body).allow(url("/x"))).isFalse();
        assertThat(read(body).allow(url("/y"))).isTrue();
    }

    @Test
    void angleBracketsAreOctetsOfAPath() {
        RobotsTxt read = read("# <html>\n" + US + "Disallow: /<b>x\n");

        assertThat(read.allow(url("/<b>x"))).isFalse();
        assertThat(read.allow(url("/x"))).isTrue();
    }

    /// Whatever somebody puts into half a megabyte: the parser's own way with tags took minutes here.
    @ParameterizedTest
    @ValueSource(
            strings = {"<", "<html> <", "<a ", ":", "User-agent: millrace\n", "Disallow: /*a*a*a$\n", "\r", "%", "\t"})
    void noFileTakesLong(String part) {
        String body = "<html>" + US + part.repeat(RobotsText.MAX_BYTES / part.length());

        assertTimeoutPreemptively(Duration.ofSeconds(10), () -> read(body).allow(url("/" + "a".repeat(4_000) + "b")));
    }

    /// Section 2.5: at least 500 KiB are parsed. What is cut may end in the middle of a rule, which is then
    /// another rule.
    @Test
    void ofALongFileTheWholeLinesOfTheFirstHalfMegabyteCount() {
        String line = "Disallow: /%06d/this/part/is/not/public\n";
        StringBuilder file = new StringBuilder(US);
        for (int i = 0; file.length() < 600 * 1024; i++) {
            file.append(line.formatted(i));
        }
        byte[] cut = java.util.Arrays.copyOf(file.toString().getBytes(UTF_8), RobotsText.MAX_BYTES);

        RobotsTxt read = RobotsTxt.read(LOCATION, cut, "millrace");

        int rules = (RobotsText.MAX_BYTES - US.length()) / line.formatted(0).length();
        assertThat(read.rules()).hasSize(rules);
        assertThat(read.allow(url("/%06d/this/part/is/not/public".formatted(rules - 1))))
                .isFalse();
        assertThat(read.allow(url("/%06d/this/part/is/not/public".formatted(rules))))
                .isTrue();
        assertThat(Fetcher.Wanted.ROBOTS.maxBytes()).isEqualTo(RobotsText.MAX_BYTES);
    }

    @Test
    void halfARuleIsNoRule() {
        String filler = "# ".repeat(RobotsText.MAX_BYTES / 2);
        String file = US + filler.substring(0, RobotsText.MAX_BYTES - US.length() - 12) + "\nDisallow: /private\n";
        byte[] cut = java.util.Arrays.copyOf(file.getBytes(UTF_8), RobotsText.MAX_BYTES);
        assertThat(new String(cut, UTF_8)).endsWith("Disallow: /");

        assertThat(RobotsTxt.read(LOCATION, cut, "millrace").allow(url("/public")))
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource({"2, 2000", "0.5, 500", "100000, 86400000", "-5, 0", "1e400, 0", "soon, 0"})
    void aCrawlDelayForbidsNothing(String written, long millis) {
        RobotsTxt read = read(US + "Crawl-delay: " + written + "\nDisallow: /x\n");

        assertThat(read.crawlDelay()).isEqualTo(Duration.ofMillis(millis));
        assertThat(read.allow(url("/y"))).isTrue();
        assertThat(read.allow(url("/x"))).isFalse();
    }

    @Test
    void sitemapsBelongToNoGroup() {
        assertThat(read("User-agent: other\nDisallow: /\nSitemap: http://example.org/é.xml\nSitemap: /b.xml\n" + US)
                        .sitemaps())
                .map(NormalUrl::toString)
                .contains("http://example.org/%C3%A9.xml");
    }

    private static RobotsTxt read(String file) {
        return RobotsTxt.read(LOCATION, file.getBytes(UTF_8), "millrace");
    }

    private static NormalUrl url(String path) {
        return NormalUrl.of("http://example.org" + path).orElseThrow();
    }
}
