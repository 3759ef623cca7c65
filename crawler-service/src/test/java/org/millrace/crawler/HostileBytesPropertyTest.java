package org.millrace.crawler;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.time.Instant;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.millrace.crawler.manners.Directives;
import org.millrace.crawler.manners.Inquiry;
import org.millrace.crawler.manners.Manners;
import org.millrace.crawler.manners.RobotsCache;
import org.millrace.crawler.web.Fetch;
import org.millrace.crawler.web.Headers;
import org.millrace.crawler.web.NormalUrl;

/// Whatever a server sends is a fact about the page. An exception would end the process, and again after
/// each restart, since the URL is still first in the queue.
class HostileBytesPropertyTest {

    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final NormalUrl PAGE = NormalUrl.of("http://example.org/a").orElseThrow();

    @Property(tries = 400)
    void noBytesBreakTheReadersOfPages(@ForAll("bytes") byte[] body, @ForAll("types") String type) {
        assertThatCode(() -> Reading.of(
                        PAGE,
                        new Fetch.Fetched(200, body, Headers.of("Content-Type", type)),
                        NOW,
                        Manners.of("millrace")))
                .doesNotThrowAnyException();
        assertThatCode(() -> Directives.ofHeaders(List.of(type), Manners.of("millrace"), NOW))
                .doesNotThrowAnyException();
    }

    @Property(tries = 400)
    void noBytesBreakTheReadersOfSitemaps(@ForAll("bytes") byte[] body, @ForAll("places") String place) {
        NormalUrl url = NormalUrl.of(place).orElseThrow();

        assertThatCode(() -> Sitemap.of(url, body)).doesNotThrowAnyException();
    }

    @Property(tries = 400)
    void noBytesBreakTheReadersOfRules(@ForAll("bytes") byte[] body, @ForAll("types") String type) {
        Fetch answer = new Fetch.Fetched(200, body, Headers.of("Content-Type", type));

        assertThatCode(() -> {
                    Inquiry inquiry = new RobotsCache(Manners.of("millrace")).inquire(PAGE);
                    while (inquiry.next().isPresent()) {
                        inquiry.answered(answer);
                    }
                    inquiry.rules().refusal(PAGE);
                })
                .doesNotThrowAnyException();
    }

    /// Words of the formats in any order, with noise between them.
    @Provide
    Arbitrary<byte[]> bytes() {
        Arbitrary<String> words = Arbitraries.of(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
                "<?xml version=\"9\" encoding=\"none\"?>",
                "<!DOCTYPE urlset [<!ENTITY a SYSTEM \"file:///etc/hostname\"><!ENTITY b \"&b;&b;\">]>",
                "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">",
                "<sitemapindex>",
                "<sitemap>",
                "<url>",
                "<loc>",
                "http://example.org/b",
                "http://[::1/",
                "//",
                "</loc>",
                "<lastmod>0000-99-99T99:99</lastmod>",
                "<priority>NaN</priority>",
                "<changefreq>never</changefreq>",
                "</url>",
                "</urlset>",
                "<rss><channel><item><link>",
                "<feed><entry><link href='x:'/>",
                "<html><head><base href=\"http://:0/\">",
                "<meta charset=none>",
                "<meta name=robots content=\",,\">",
                "<a href=\"%zz:\\\\\u0000\">",
                "<iframe src=data:,>",
                "<svg><math><table><template>",
                "&b;&#x110000;&#xD800;",
                "\u001f\u008b\u0008",
                "\u00ef\u00bb\u00bf",
                "\u00ff\u00fe",
                "\u0000",
                "\n",
                "User-agent: *\n",
                "User-agent:\n",
                "Disallow: /%\n",
                "Disallow: *$*$\n",
                "Allow: \u00e9\n",
                "Crawl-delay: 1e400\n",
                "Crawl-delay: -99999999999999\n",
                "Sitemap: http://[\n",
                "Host:\n",
                "]]>",
                "<![CDATA[",
                "<!--");
        Arbitrary<String> noise =
                Arbitraries.strings().withCharRange('\u0000', '\u00ff').ofMaxLength(8);
        return Arbitraries.frequencyOf(Tuple.of(4, words), Tuple.of(1, noise))
                .list()
                .ofMaxSize(30)
                .map(parts -> String.join("", parts).getBytes(ISO_8859_1));
    }

    @Provide
    Arbitrary<String> types() {
        return Arbitraries.of(
                "",
                "text/html",
                "text/html; charset=",
                "text/html; charset=\"utf-7",
                "TEXT/HTML;charset=utf-16",
                "application/xhtml+xml; charset=x-none",
                "text/plain",
                "application/xml",
                "millrace:,noindex,:,",
                ";;;");
    }

    @Provide
    Arbitrary<String> places() {
        return Arbitraries.of(
                "http://example.org/sitemap.xml",
                "http://example.org/sitemap.xml.gz",
                "http://example.org/sitemap.txt?[a|b]",
                "http://[2001:db8::1]:8080/sitemap.xml",
                "http://a_b.example.org/%25zz");
    }
}
