package org.millrace.crawler.web;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NormalUrlTest {

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "HTTP://Example.ORG, http://example.org/",
                "http://example.org:80/a, http://example.org/a",
                "https://example.org:443/, https://example.org/",
                "http://example.org:8080/, http://example.org:8080/",
                "http://example.org:/x, http://example.org/x",
                "http://example.org/a/./b/../c, http://example.org/a/c",
                "http://example.org/../../a, http://example.org/a",
                "http://example.org/a/.., http://example.org/",
                "http://example.org/%7euser/%c3%a9, http://example.org/~user/%C3%A9",
                "http://example.org/%2E%2E/x, http://example.org/x",
                "http://example.org/é b, http://example.org/%C3%A9%20b",
                "http://example.org/100%, http://example.org/100%25",
                "http://example.org/a#part, http://example.org/a",
                "http://example.org?q=1#x, http://example.org/?q=1",
                "http://example.org/?b=2&a=1, http://example.org/?b=2&a=1",
                "http://example.org/a?u=/../x, http://example.org/a?u=/../x",
                "http://bücher.example/, http://xn--bcher-kva.example/",
                "http://[::1]:8080/, http://[::1]:8080/",
                "`  http://example.org/\ta\n `, http://example.org/a",
                "http:\\\\example.org\\a, http://example.org/a",
                "http://example.org./a, http://example.org/a",
                "http://134744072/, http://8.8.8.8/",
                "http://0x8.0x8.0x8.0x8/, http://8.8.8.8/",
                "http://010.8.2056/, http://8.8.8.8/",
                "http://８．８．８．８/, http://8.8.8.8/",
                "http://8.8.8.8./, http://8.8.8.8/",
                "http://[2001:DB8:0:0:1:0:0:1]/, http://[2001:db8::1:0:0:1]/",
                "http://[2001:db8:0:1:1:1:1:1]/, http://[2001:db8:0:1:1:1:1:1]/",
                "http://[::ffff:8.8.8.8]/, http://8.8.8.8/",
                "http://[0:0:0:0:0:0:0:0]/, http://[::]/",
                "http://[1:0:0:0:0:0:0:0]/, http://[1::]/",
                "http://1.2.3.4.example.org/, http://1.2.3.4.example.org/",
            })
    void equivalentUrlsHaveOneSpelling(String written, String normal) {
        assertThat(NormalUrl.of(written)).map(NormalUrl::toString).contains(normal);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "example.org/a",
                "/a",
                "ftp://example.org/",
                "file:///etc/passwd",
                "javascript:alert(1)",
                "mailto:a@example.org",
                "data:text/html,hello",
                "http://",
                "http:///path",
                "http://user:secret@example.org/",
                "http://example.org:0/",
                "http://example.org:65536/",
                "http://example.org:8o/",
                "http://exa mple.org/",
                "http://-example.org/",
                "http://a..b/",
                "http://[::1/",
                "http://[zz]/",
                "http://[::1%25eth0]/",
                "http://[::1%eth0]/",
                "http://[::]x/",
                "http://256.1.1.1/",
                "http://1.1.1.256/",
                "http://1.2.3.4.5/",
                "http://4294967296/",
                "http://1.08.1.1/",
                "http://example.0x/",
                "http://example.1/",
                "http://example.org../",
                "http://./",
                "http://ex%61mple.org/",
                "http://\u0000example.org/"
            })
    void whatACrawlerMayNotFollowIsNone(String text) {
        assertThat(NormalUrl.of(text)).isEmpty();
    }

    @Test
    void urlsBeyondTheLimitAreNone() {
        String longest = "http://example.org/" + "a".repeat(NormalUrl.MAX_LENGTH - 19);

        assertThat(NormalUrl.of(longest)).isPresent();
        assertThat(NormalUrl.of(longest + "a")).isEmpty();
    }

    /// RFC 3986 section 5.4, where the schemes are those of the web.
    @ParameterizedTest
    @CsvSource({
        "g, http://a/b/c/g",
        "./g, http://a/b/c/g",
        "g/, http://a/b/c/g/",
        "/g, http://a/g",
        "//g, http://g/",
        "?y, http://a/b/c/d;p?y",
        "g?y, http://a/b/c/g?y",
        "#s, http://a/b/c/d;p?q",
        ";x, http://a/b/c/;x",
        "'', http://a/b/c/d;p?q",
        "., http://a/b/c/",
        ".., http://a/b/",
        "../g, http://a/b/g",
        "../../../g, http://a/g",
        "/./g, http://a/g",
        "g;x=1/../y, http://a/b/c/y",
        "https://x/y, https://x/y"
    })
    void referencesMeanWhatTheRfcSays(String reference, String expected) {
        NormalUrl base = NormalUrl.of("http://a/b/c/d;p?q").orElseThrow();

        assertThat(base.resolve(reference)).map(NormalUrl::toString).contains(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "/a?utm_source=x&utm_medium=y, /a",
        "/a?id=1&utm_source=x&b=2, /a?id=1&b=2",
        "/a?gclid=abc, /a",
        "/a?fbclid=abc&x, /a?x",
        "/a?UTM_SOURCE=x, /a",
        "/a?PHPSESSID=0123456789abcdef, /a",
        "/a?jsessionid=1&q=jsessionid, /a?q=jsessionid",
        "/a?ASPSESSIONIDQQABCDEF=XYZ, /a",
        "/a;jsessionid=AB12.node1?x=1, /a?x=1",
        "/a;jsessionid=AB12/b, /a/b",
        "/;jsessionid=AB12, /",
        "/(S(4x1lbf45gjlm3a3ej2pt2w55))/page.aspx, /page.aspx",
        "/a?sid=0123456789abcdef0123, /a",
        "/a?s=9f8e7d6c5b4a39281706, /a",
        // what may be a page
        "/a?sid=7, /a?sid=7",
        "/a?s=search+words, /a?s=search+words",
        "/a?session=2026, /a?session=2026",
        "/a?id=0123456789abcdef0123, /a?id=0123456789abcdef0123",
        "/utm_source=x, /utm_source=x",
        "/a?, /a?",
        "/a?b&&c, /a?b&&c",
        "/f(x)?y=(z), /f(x)?y=(z)",
    })
    void whatNamesAVisitIsDropped(String path, String expected) {
        NormalUrl url = NormalUrl.of("http://example.org" + path).orElseThrow();

        assertThat(url.withoutTracking().path()).isEqualTo(expected);
        assertThat(url.withoutTracking().withoutTracking()).isEqualTo(url.withoutTracking());
    }

    @Test
    void aSiteByHttpAndByHttpsIsOneHost() {
        assertThat(NormalUrl.of("https://Example.org/").orElseThrow().authority())
                .isEqualTo("example.org")
                .isEqualTo(NormalUrl.of("http://example.org:80/a").orElseThrow().authority());
        assertThat(NormalUrl.of("http://example.org:443/").orElseThrow().authority())
                .isEqualTo("example.org:443");
    }
}
