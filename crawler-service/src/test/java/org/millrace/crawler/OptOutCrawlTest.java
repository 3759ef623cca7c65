package org.millrace.crawler;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.millrace.crawler.web.Fetch;
import org.millrace.testkit.FixtureSite;
import org.millrace.testkit.FixtureSite.Response;

/// Who says no is heeded: by files nothing is requested, by pages nothing is kept.
class OptOutCrawlTest {

    private final FixtureSite site;

    OptOutCrawlTest() throws IOException {
        site = FixtureSite.start();
    }

    @BeforeEach
    void pages() {
        site.answer("/", page("/art/x", "/art/y.html", "/noai", "/reserved", "/meta"));
        site.answer("/art/x", page());
        site.answer("/art/y.html", page());
        site.answer("/noai", page("/behind").with("X-Robots-Tag", "noai, noimageai"));
        site.answer("/reserved", page().with("tdm-reservation", "1"));
        site.answer("/meta", Response.html("<meta name='tdm-reservation' content='1'><a href='/behind-too'>x</a>"));
        site.answer("/behind", page());
        site.answer("/behind-too", page());
    }

    @AfterEach
    void close() {
        site.close();
    }

    @Test
    void whatAiTxtForbidsIsNotRequested() {
        site.answer("/ai.txt", Response.text("text/plain", "User-Agent: *\nDisallow: /art/\n"));

        Map<String, Fetch> pages = crawl();

        assertThat(pages.get("/art/x")).isEqualTo(new Fetch.Disallowed("ai.txt forbids it"));
        assertThat(pages.get("/art/y.html")).isEqualTo(new Fetch.Disallowed("ai.txt forbids it"));
        assertThat(site.count("/art/x") + site.count("/art/y.html")).isZero();
        assertThat(site.count("/ai.txt")).isEqualTo(1);
    }

    @Test
    void whatTdmrepReservesIsNotRequested() {
        site.answer(
                "/.well-known/tdmrep.json",
                Response.text("application/json", "[{\"location\": \"/art/*.html$\", \"tdm-reservation\": 1}]"));

        Map<String, Fetch> pages = crawl();

        assertThat(pages.get("/art/y.html")).isEqualTo(new Fetch.Disallowed("tdmrep.json reserves it"));
        assertThat(pages.get("/art/x")).isInstanceOf(Fetch.Fetched.class);
        assertThat(site.count("/art/y.html")).isZero();
    }

    @Test
    void pagesThatSayNoAreNotKeptAndTheirLinksAreFollowed() {
        Map<String, Fetch> pages = crawl();

        assertThat(pages.get("/noai")).isEqualTo(new Fetch.Disallowed("the page asks not to be kept: noai"));
        assertThat(pages.get("/reserved"))
                .isEqualTo(new Fetch.Disallowed("the page asks not to be kept: tdm-reservation"));
        assertThat(pages.get("/meta")).isEqualTo(new Fetch.Disallowed("the page asks not to be kept: tdm-reservation"));
        assertThat(pages.get("/behind")).isInstanceOf(Fetch.Fetched.class);
        assertThat(pages.get("/behind-too")).isInstanceOf(Fetch.Fetched.class);
    }

    private Map<String, Fetch> crawl() {
        try (CrawlOfASite crawl = new CrawlOfASite(CrawlOfASite.limits(site.url("/")), Duration.ZERO)) {
            return crawl.run(site.url("/"));
        }
    }

    private static Response page(String... links) {
        StringBuilder html = new StringBuilder("<p>words</p>");
        for (String link : links) {
            html.append("<a href='%s'>x</a>".formatted(link));
        }
        return Response.html(html.toString());
    }
}
