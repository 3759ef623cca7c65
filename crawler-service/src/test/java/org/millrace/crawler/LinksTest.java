package org.millrace.crawler;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.millrace.crawler.web.NormalUrl;

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

        assertThat(Links.of(PAGE, body, "text/plain").urls()).isEmpty();
        assertThat(Links.of(PAGE, body, "").urls()).hasSize(1);
        assertThat(Links.of(PAGE, body, "application/xhtml+xml").urls()).hasSize(1);
        assertThat(Links.of(PAGE, body, "text/html; charset=no-such").urls()).hasSize(1);
    }

    @Test
    void feedsNamePagesAndPagesNameFeeds() {
        String rss = """
                <?xml version="1.0"?><rss version="2.0"><channel><title>News</title><link>http://example.org/</link>
                <item><title>One</title><link>http://example.org/one</link></item>
                <item><title>Two</title><link>http://example.org/two</link></item></channel></rss>""";
        String atom = """
                <?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>News</title>
                <entry><title>Three</title><link href="http://example.org/three"/></entry></feed>""";

        assertThat(xml(rss, "application/rss+xml")).contains("http://example.org/one", "http://example.org/two");
        assertThat(xml(atom, "application/atom+xml; charset=utf-8")).contains("http://example.org/three");
        assertThat(xml("<svg/>", "image/svg+xml")).isEmpty();
        assertThat(links("""
                        <link rel="alternate" type="application/rss+xml" href="/feed">
                        <link rel="alternate" type="application/atom+xml" href="/atom">
                        <link rel="alternate" hreflang="de" href="/de">""")).containsExactly("http://example.org/feed", "http://example.org/atom");
    }

    @Test
    void sitemapsAreSeedsToo() {
        assertThat(xml("""
                        <?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
                        <url><loc>http://example.org/a</loc></url></urlset>""", "application/xml")).containsExactly("http://example.org/a");
        assertThat(xml("""
                        <?xml version="1.0"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
                        <sitemap><loc>http://example.org/more.xml.gz</loc></sitemap></sitemapindex>""", "text/xml")).containsExactly("http://example.org/more.xml.gz");
    }

    private static List<String> xml(String body, String contentType) {
        return Links.of(PAGE, body.getBytes(UTF_8), contentType).urls().stream()
                .map(NormalUrl::toString)
                .toList();
    }

    @Test
    void deepNestingIsSurvived() {
        assertThat(links("<div>".repeat(100_000) + "<a href='/x'>x</a>")).hasSizeLessThanOrEqualTo(1);
    }

    private static List<String> links(String html) {
        return Links.of(PAGE, html.getBytes(UTF_8), "text/html; charset=utf-8").urls().stream()
                .map(NormalUrl::toString)
                .toList();
    }

    @Test
    void whatReadingABodyTakesDependsOnItsKind() {
        byte[] words = "words".repeat(20_000).getBytes(UTF_8);
        byte[] zipped = words.clone();
        zipped[0] = 0x1f;
        zipped[1] = (byte) 0x8b;

        assertThat(Links.heap(words, "text/html")).isEqualTo(1_000_000);
        assertThat(Links.heap("<b>".repeat(1_000).getBytes(UTF_8), "")).isEqualTo(136_000);
        assertThat(Links.heap(words, "application/json")).as("not parsed").isEqualTo(200_000);
        assertThat(Links.heap(zipped, "application/rss+xml"))
                .as("a linked feed may be zipped as a sitemap may")
                .isEqualTo(60L << 20);
    }
}
