package org.millrace.crawler;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.crawler.manners.Politeness;
import org.millrace.crawler.web.Fetch;
import org.millrace.crawler.web.NormalUrl;
import org.millrace.testkit.FixtureSite;
import org.millrace.testkit.FixtureSite.Request;
import org.millrace.testkit.FixtureSite.Response;

class CrawlerTest {

    private final List<AutoCloseable> open = new ArrayList<>();
    private final FixtureSite site;

    CrawlerTest() throws IOException {
        site = FixtureSite.start();
    }

    @BeforeEach
    void home() {
        open.add(site);
        site.answer("/", page("/a", "/b", "/secret/x", "/gone"));
        site.answer("/a", page("/", "/b"));
        site.answer("/b", page("/a"));
        site.answer("/secret/x", page());
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable closeable : open) {
            closeable.close();
        }
    }

    @Test
    void aSiteIsCrawledWholeAndEachPageOnce() {
        Map<String, Fetch> pages = crawl();

        assertThat(pages.keySet()).containsExactlyInAnyOrder("/", "/a", "/b", "/secret/x", "/gone");
        assertThat(site.requests()).extracting(Request::path).doesNotHaveDuplicates();
        assertThat(pages.get("/gone")).isEqualTo(new Fetch.HttpError(404, null));
        assertThat(site.requests()).extracting(r -> r.header("user-agent")).containsOnly("millrace/test");
    }

    @Test
    void disallowedPathsAreNeverRequested() {
        robots(Response.text("text/plain", "User-agent: millrace\nDisallow: /secret/\n\nUser-agent: *\nDisallow: /\n"));

        Map<String, Fetch> pages = crawl();

        assertThat(pages.get("/secret/x")).isEqualTo(new Fetch.Disallowed("robots.txt forbids it"));
        assertThat(site.count("/secret/x")).isZero();
        assertThat(site.count("/a")).isEqualTo(1);
        assertThat(site.count("/robots.txt")).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 403, 404, 410})
    void withoutRobotsTxtAllIsAllowed(int status) {
        robots(Response.status(status));

        assertThat(crawl().get("/a")).isInstanceOf(Fetch.Fetched.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 500, 502, 503})
    void anUnreadableRobotsTxtForbidsAll(int status) {
        robots(Response.status(status));

        assertThat(crawl())
                .hasSize(1)
                .containsEntry("/", new Fetch.Disallowed("robots.txt could not be read: status " + status));
        assertThat(site.requests()).extracting(Request::path).containsOnly("/robots.txt");
    }

    @Test
    void aSilentRobotsTxtForbidsAll() {
        robots(Response.text("text/plain", "User-agent: *").after(Duration.ofSeconds(20)));

        Politeness once = new Politeness(
                Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO, 1, 1, Duration.ZERO);

        assertThat(crawl(once).get("/")).isInstanceOf(Fetch.Disallowed.class);
        assertThat(site.count("/")).isZero();
    }

    @Test
    void redirectsOfRobotsTxtAreFollowedFiveTimes() {
        robots(Response.redirect("/r1"));
        for (int i = 1; i < 5; i++) {
            site.answer("/r" + i, Response.redirect("/r" + (i + 1)));
        }
        site.answer("/r5", Response.text("text/plain", "User-agent: *\nDisallow: /secret/"));

        assertThat(crawl().get("/secret/x")).isInstanceOf(Fetch.Disallowed.class);
    }

    @Test
    void aRobotsTxtThatRedirectsForEverIsNone() {
        robots(Response.redirect("/robots.txt"));

        assertThat(crawl().get("/secret/x")).isInstanceOf(Fetch.Fetched.class);
        assertThat(site.count("/robots.txt")).isEqualTo(6);
    }

    @Test
    void ofALongRobotsTxtTheFirstHalfMegabyteCounts() {
        String filler = "# filler\n".repeat(60_000);
        robots(Response.text(
                "text/plain", "User-agent: *\nDisallow: /secret/\n" + filler + "User-agent: *\nDisallow: /a\n"));

        Map<String, Fetch> pages = crawl();

        assertThat(pages.get("/secret/x")).isInstanceOf(Fetch.Disallowed.class);
        assertThat(pages.get("/a")).isInstanceOf(Fetch.Fetched.class);
    }

    @Test
    void theGapBetweenRequestsIsNeverBelowTheDelay() {
        Duration delay = Duration.ofMillis(60);

        crawl(politeness(delay));

        assertGaps(delay);
        assertThat(site.mostInFlight()).isEqualTo(1);
    }

    @Test
    void aCrawlDelayIsKeptFromTheFirstPageOn() {
        robots(Response.text("text/plain", "User-agent: *\nCrawl-delay: 0.3\n"));

        crawl(politeness(Duration.ZERO));

        assertGaps(Duration.ofMillis(300));
    }

    @Test
    void oneHostNeverSlowsAnother() throws IOException {
        FixtureSite slow = FixtureSite.start();
        open.add(slow);
        slow.answer("/", page().after(Duration.ofMillis(1500)));
        Limits limits = new Limits(16, 1000, Set.of(authority(site), authority(slow)));
        var crawl = new CrawlOfASite(limits, Duration.ZERO);
        open.add(crawl);

        crawl.finish(slow.url("/"), site.url("/"));

        assertThat(crawl.visits().getLast().target().url().port()).isEqualTo(slow.port());
        assertThat(crawl.visits()).hasSize(6);
    }

    @Test
    void pagesOfSitemapsAreFound() {
        robots(Response.text("text/plain", "Sitemap: " + site.url("/index.xml") + "\n"));
        site.answer(
                "/index.xml",
                xml("<sitemapindex %s><sitemap><loc>" + site.url("/map.xml") + "</loc></sitemap><sitemap><loc>"
                        + site.url("/lost.xml") + "</loc></sitemap></sitemapindex>"));
        site.answer(
                "/map.xml",
                xml("<urlset %s><url><loc>" + site.url("/island") + "</loc></url><url><loc>" + site.url("/a")
                        + "</loc></url><url><loc>http://elsewhere.example/</loc></url></urlset>"));
        site.answer("/island", page());

        Map<String, Fetch> pages = crawl();

        assertThat(pages.get("/island")).isInstanceOf(Fetch.Fetched.class);
        assertThat(pages).hasSize(6);
        assertThat(site.count("/map.xml")).isEqualTo(1);
        assertThat(site.count("/a")).isEqualTo(1);
    }

    @Test
    void depthIsLimited() {
        for (int i = 0; i < 10; i++) {
            site.answer("/chain" + i, page("/chain" + (i + 1)));
        }
        var crawl = new CrawlOfASite(new Limits(4, 1000, Set.of(authority(site))), Duration.ZERO);
        open.add(crawl);

        assertThat(crawl.run(site.url("/chain0"))).hasSize(5);
    }

    @Test
    void pagesOfAHostAreLimited() {
        AtomicInteger day = new AtomicInteger();
        for (int i = 0; i < 50; i++) {
            site.answer("/day" + i, _ -> page("/day" + day.incrementAndGet(), "/day" + day.incrementAndGet()));
        }
        var crawl = new CrawlOfASite(new Limits(1000, 12, Set.of(authority(site))), Duration.ZERO);
        open.add(crawl);

        assertThat(crawl.run(site.url("/day0"))).hasSize(12);
        assertThat(site.requests().stream().filter(r -> r.path().startsWith("/day")))
                .hasSize(12);
    }

    @Test
    void aRedirectIsAFactAndItsTargetIsQueued() {
        site.answer("/old", Response.redirect("/a"));

        var crawl = new CrawlOfASite(CrawlOfASite.limits(site.url("/")), Duration.ZERO);
        open.add(crawl);
        Map<String, Fetch> pages = crawl.run(site.url("/old"));

        assertThat(pages.get("/old"))
                .isEqualTo(
                        new Fetch.Redirected(301, NormalUrl.of(site.url("/a")).orElseThrow()));
        assertThat(pages.get("/a")).isInstanceOf(Fetch.Fetched.class);
    }

    @Test
    void redirectLoopsAndEndlessRedirectsEnd() {
        site.answer("/ping", Response.redirect("/pong"));
        site.answer("/pong", Response.redirect("/ping"));
        AtomicInteger step = new AtomicInteger();
        for (int i = 0; i < 50; i++) {
            site.answer("/step" + i, _ -> Response.redirect("/step" + step.incrementAndGet()));
        }
        site.answer("/start", page("/ping", "/step0"));

        var crawl = new CrawlOfASite(CrawlOfASite.limits(site.url("/")), Duration.ZERO);
        open.add(crawl);
        Map<String, Fetch> pages = crawl.run(site.url("/start"));

        assertThat(pages.keySet()).contains("/ping", "/pong");
        assertThat(pages.keySet().stream().filter(path -> path.startsWith("/step")))
                .hasSize(1 + Target.MAX_REDIRECTS);
    }

    @Test
    void aSeedThatRedirectsTakesTheCrawlWithIt() throws IOException {
        FixtureSite moved = FixtureSite.start();
        open.add(moved);
        moved.answer("/", Response.redirect(site.url("/")));

        var crawl = new CrawlOfASite(CrawlOfASite.limits(moved.url("/")), Duration.ZERO);
        open.add(crawl);
        crawl.finish(moved.url("/"));

        assertThat(site.count("/b")).isEqualTo(1);
    }

    @Test
    void busyServersAreAskedAgainAfterThePauseThatTheyWant() {
        AtomicInteger asked = new AtomicInteger();
        site.answer(
                "/a", _ -> asked.getAndIncrement() == 0 ? Response.status(503).with("Retry-After", "1") : page());

        assertThat(crawl().get("/a")).isInstanceOf(Fetch.Fetched.class);

        List<Instant> tries = site.requests().stream()
                .filter(r -> r.path().equals("/a"))
                .map(Request::at)
                .toList();
        assertThat(Duration.between(tries.get(0), tries.get(1))).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void aServerThatStaysBusyIsBelievedAfterThreeTries() {
        site.answer("/a", Response.status(429));

        assertThat(crawl().get("/a")).isEqualTo(new Fetch.HttpError(429, null));
        assertThat(site.count("/a")).isEqualTo(3);
    }

    @Test
    void pagesThatAskNotToBeKeptAreNot() {
        site.answer("/a", page("/behind").with("X-Robots-Tag", "noindex"));
        site.answer("/b", Response.html("<meta name=robots content='nofollow'><a href='/hidden'>x</a>"));
        site.answer("/behind", page());

        Map<String, Fetch> pages = crawl();

        assertThat(pages.get("/a")).isInstanceOf(Fetch.Disallowed.class);
        assertThat(pages.get("/behind")).isInstanceOf(Fetch.Fetched.class);
        assertThat(pages.get("/b")).isInstanceOf(Fetch.Fetched.class);
        assertThat(pages).doesNotContainKey("/hidden");
    }

    private void robots(Response response) {
        site.answer("/robots.txt", response);
    }

    private Map<String, Fetch> crawl() {
        return crawl(politeness(Duration.ZERO));
    }

    private Map<String, Fetch> crawl(Politeness politeness) {
        var crawl = new CrawlOfASite(CrawlOfASite.limits(site.url("/")), politeness);
        open.add(crawl);
        return crawl.run(site.url("/"));
    }

    private void assertGaps(Duration delay) {
        List<Instant> times = site.requests().stream().map(Request::at).toList();
        assertThat(times).hasSizeGreaterThan(4);
        for (int i = 1; i < times.size(); i++) {
            assertThat(Duration.between(times.get(i - 1), times.get(i)))
                    .as("gap before request %d", i)
                    .isGreaterThanOrEqualTo(delay);
        }
    }

    private static Politeness politeness(Duration delay) {
        return new Politeness(
                delay, Duration.ofSeconds(30), Duration.ofMillis(20), Duration.ofMillis(50), Duration.ofSeconds(2), 3);
    }

    private static String authority(FixtureSite site) {
        return "127.0.0.1:" + site.port();
    }

    private static Response page(String... links) {
        StringBuilder html = new StringBuilder("<html><body><p>words</p>");
        for (String link : links) {
            html.append("<a href='%s'>x</a>".formatted(link));
        }
        return Response.html(html.toString());
    }

    private static Response xml(String pattern) {
        return Response.text(
                "application/xml",
                "<?xml version='1.0' encoding='UTF-8'?>"
                        + pattern.formatted("xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'"));
    }
}
