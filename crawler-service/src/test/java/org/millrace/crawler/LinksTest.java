package org.millrace.crawler;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LinksTest {

    private static final NormalUrl PAGE =
            NormalUrl.of("http://example.org/dir/page").orElseThrow();

    @Test
    void linksAreResolvedNormalisedAndNamedOnce() {
        assertThat(links("""
                        <link rel="canonical" href="/page"><link rel="stylesheet" href="/style.css">
                        <a href="next">1</a><a href="./next#part">again</a><a href="../up">2</a><a href="#here">3</a>
                        <a href="mailto:a@example.org">4</a><a href="javascript:void(0)">5</a><a>6</a>
                        <map><area href="//other.example/x"></map><a rel="noopener NoFollow" href="/unloved">7</a>
                        """))
                .containsExactly(
                        "http://example.org/page",
                        "http://example.org/dir/next",
                        "http://example.org/up",
                        "http://other.example/x");
    }

    @Test
    void theBaseElementCounts() {
        assertThat(links("<base href='/other/'><a href='x'>x</a>")).containsExactly("http://example.org/other/x");
        assertThat(links("<base href='ftp://no/'><a href='x'>x</a>")).containsExactly("http://example.org/dir/x");
    }

    @Test
    void aPageHasAtMostAThousandLinks() {
        String many = IntStream.range(0, 5_000)
                .mapToObj("<a href='/%d'>x</a>"::formatted)
                .collect(Collectors.joining());

        assertThat(links(many)).hasSize(Links.MAX).startsWith("http://example.org/0");
    }

    @Test
    void onlyHtmlHasLinks() {
        byte[] body = "<a href='/x'>x</a>".getBytes(UTF_8);

        assertThat(Links.of(PAGE, body, "text/plain", "millrace").urls()).isEmpty();
        assertThat(Links.of(PAGE, body, "", "millrace").urls()).hasSize(1);
        assertThat(Links.of(PAGE, body, "application/xhtml+xml", "millrace").urls())
                .hasSize(1);
        assertThat(Links.of(PAGE, body, "text/html; charset=no-such", "millrace")
                        .urls())
                .hasSize(1);
    }

    @Test
    void deepNestingIsSurvived() {
        assertThat(links("<div>".repeat(100_000) + "<a href='/x'>x</a>")).hasSizeLessThanOrEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({
        "robots, 'index, follow', true, true",
        "ROBOTS, 'NoIndex', false, true",
        "robots, 'nofollow', true, false",
        "robots, none, false, false",
        "millrace, 'noindex,nofollow', false, false",
        "otherbot, none, true, true"
    })
    void metaElementsDirect(String name, String content, boolean index, boolean follow) {
        String html = "<meta name='%s' content='%s'><a href='/x'>x</a>".formatted(name, content);

        assertThat(Links.of(PAGE, html.getBytes(UTF_8), "text/html", "millrace").directives())
                .isEqualTo(new Directives(index, follow));
    }

    @ParameterizedTest
    @CsvSource({
        "'', true, true",
        "noindex, false, true",
        "'noarchive, nofollow', true, false",
        "'otherbot: noindex', true, true",
        "'otherbot: noindex, nofollow', true, true",
        "'otherbot: noindex, Millrace: nofollow', true, false",
        "'max-snippet: 3, noindex', false, true",
        "'unavailable_after: 25 Jun 2030, none', false, false"
    })
    void headersDirect(String header, boolean index, boolean follow) {
        assertThat(Directives.ofHeader(header, "millrace")).isEqualTo(new Directives(index, follow));
    }

    private static List<String> links(String html) {
        return Links.of(PAGE, html.getBytes(UTF_8), "text/html; charset=utf-8", "millrace").urls().stream()
                .map(NormalUrl::toString)
                .toList();
    }
}
