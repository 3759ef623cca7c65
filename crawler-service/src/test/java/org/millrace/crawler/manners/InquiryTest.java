package org.millrace.crawler.manners;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.crawler.web.Fetch;
import org.millrace.crawler.web.Headers;
import org.millrace.crawler.web.NormalUrl;

class InquiryTest {

    private static final String HOME = "http://example.org";
    private static final Manners MANNERS = Manners.of("millrace");

    private final Map<String, Fetch> web = new HashMap<>();
    private final List<String> asked = new ArrayList<>();

    @Test
    void threeFilesAreAskedForInTurn() {
        Robots robots = learn(MANNERS);

        assertThat(asked).containsExactly(HOME + "/robots.txt", HOME + "/ai.txt", HOME + "/.well-known/tdmrep.json");
        assertThat(robots.refusal(page("/x"))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 403, 404, 405, 410, 418, 451, 499})
    void withoutRobotsTxtAllMayBeRequested(int status) {
        web.put("/robots.txt", new Fetch.HttpError(status, null));

        Inquiry inquiry = run(MANNERS);

        assertThat(inquiry.rules().refusal(page("/x"))).isEmpty();
        assertThat(inquiry.keep()).isEqualTo(Duration.ofHours(24));
    }

    @ParameterizedTest
    @ValueSource(ints = {100, 304, 429, 500, 502, 503, 504, 599})
    void aRobotsTxtThatCannotBeReadForbidsAllForAWhile(int status) {
        web.put("/robots.txt", new Fetch.HttpError(status, null));

        Inquiry inquiry = run(MANNERS);

        assertThat(inquiry.rules().refusal(page("/x"))).contains("robots.txt could not be read: status " + status);
        assertThat(inquiry.rules().allow(page("/sitemap.xml"))).isFalse();
        assertThat(inquiry.keep()).isEqualTo(Duration.ofHours(1));
        assertThat(asked).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"connection reset", "no whole answer in time: timeout", "no address is known"})
    void soDoesOneThatGivesNoAnswer(String why) {
        web.put("/robots.txt", new Fetch.Failed(why, true));

        assertThat(learn(MANNERS).refusal(page("/"))).contains("robots.txt could not be read: " + why);
    }

    @Test
    void fiveRedirectsAreFollowedAlsoToOtherHosts() {
        web.put("/robots.txt", redirect("/1"));
        web.put("/1", redirect("https://www.example.org/2"));
        web.put("https://www.example.org/2", redirect("http://files.example.net/3"));
        web.put("http://files.example.net/3", redirect("http://files.example.net/4"));
        web.put("http://files.example.net/4", redirect("http://files.example.net/5"));
        web.put("http://files.example.net/5", file("User-agent: *\nDisallow: /x"));

        assertThat(learn(MANNERS).refusal(page("/x"))).contains("robots.txt forbids it");
    }

    @Test
    void sixRedirectsAreNoRobotsTxt() {
        web.put("/robots.txt", redirect("/robots.txt"));

        assertThat(learn(MANNERS).refusal(page("/x"))).isEmpty();
        assertThat(asked.stream().filter(url -> url.endsWith("/robots.txt"))).hasSize(6);
    }

    @Test
    void aRedirectToWhatIsBlockedIsNotFollowed() {
        web.put("/robots.txt", redirect("http://blocked.example.net/robots.txt"));
        Scope scope = new Scope(SiteList.EMPTY, SiteList.of("block", List.of("example.net")));

        Robots robots = learn(new Manners("millrace", Signals.ALL, scope, true));

        assertThat(robots.refusal(page("/x"))).contains("robots.txt could not be read: the block list names it");
        assertThat(asked).containsExactly(HOME + "/robots.txt");
    }

    @Test
    void whoForbidsEverythingIsAskedNothingMore() {
        web.put("/robots.txt", file("User-agent: *\nDisallow: /"));

        assertThat(learn(MANNERS).refusal(page("/x"))).contains("robots.txt forbids it");
        assertThat(asked).containsExactly(HOME + "/robots.txt");
    }

    @ParameterizedTest
    @CsvSource({
        "Disallow: /, /x, true",
        "Disallow: *, /x, true",
        "Disallow: /art/, /art/x.html, true",
        "Disallow: /art/, /x.html, false",
        "Disallow: *.txt, /x.txt, true",
        "Disallow: *.txt, /x.html, false",
        "Disallow: *.html, /x.html, true",
        // a page without an extension is HTML
        "Disallow: *.html, /x, true",
        "Disallow: *.html, /, true",
        "Disallow: *.html, /a/?q=1, true",
        "Disallow: *.html, /x.jpg, false",
        "Disallow: *.jpg, /x, false",
        "Disallow: /|Allow: /free/, /free/x, false",
    })
    void aiTxtReservesByPathAndByExtension(String rules, String path, boolean reserved) {
        web.put("/ai.txt", file("# Spawning AI\nUser-Agent: *\n" + rules.replace('|', '\n')));

        Robots robots = learn(MANNERS);

        assertThat(robots.refusal(page(path)).isPresent()).isEqualTo(reserved);
        assertThat(robots.allow(page(path))).as("its sitemaps may be read").isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "`[{\"location\": \"/\", \"tdm-reservation\": 1}]`, /x, true",
                "`[{\"location\": \"/\", \"tdm-reservation\": 0}]`, /x, false",
                "`[{\"location\": \"/\", \"tdm-reservation\": \"1\", \"tdm-policy\": \"https://example.org/p\"}]`, /x, true",
                "`{\"location\": \"/\", \"tdm-reservation\": 1}`, /x, true",
                "`[{\"location\": \"/art/*.html$\", \"tdm-reservation\": 1}]`, /art/a/b.html, true",
                "`[{\"location\": \"/art/*.html$\", \"tdm-reservation\": 1}]`, /art/a.pdf, false",
                "`[{\"location\": \"/free/\", \"tdm-reservation\": 0}, {\"location\": \"/\", \"tdm-reservation\": 1}]`, /free/x, false",
                "`[{\"location\": \"/free/\", \"tdm-reservation\": 0}, {\"location\": \"/\", \"tdm-reservation\": 1}]`, /x, true",
                // first and longest differ: who reserves by either reading is heeded
                "`[{\"location\": \"/\", \"tdm-reservation\": 1}, {\"location\": \"/free/\", \"tdm-reservation\": 0}]`, /free/x, true",
                "`[{\"location\": \"/\", \"tdm-reservation\": 0}, {\"location\": \"/own/\", \"tdm-reservation\": 1}]`, /own/x, true",
                // errors of the protocol reserve nothing
                "`[{\"location\": \"/\", \"tdm-reservation\": 2}]`, /x, false",
                "`[{\"tdm-reservation\": 1}]`, /x, false",
                "`[1, null, \"x\", {}]`, /x, false",
                "`<html>`, /x, false",
                "`[`, /x, false",
            })
    void tdmrepReservesByLocation(String json, String path, boolean reserved) {
        web.put("/.well-known/tdmrep.json", file(json));

        assertThat(learn(MANNERS).refusal(page(path)).isPresent()).isEqualTo(reserved);
    }

    @Test
    void eachFileIsAKnob() {
        web.put("/ai.txt", file("User-agent: *\nDisallow: /"));
        web.put("/.well-known/tdmrep.json", file("[{\"location\": \"/\", \"tdm-reservation\": 1}]"));
        Signals neither = new Signals(true, true, true, false, false);

        assertThat(learn(new Manners("millrace", neither, Scope.EVERYTHING, true))
                        .refusal(page("/x")))
                .isEmpty();
        assertThat(asked).hasSize(1);
    }

    @Test
    void anOptOutFileThatCannotBeReadIsAskedForAgainSooner() {
        web.put("/ai.txt", new Fetch.HttpError(500, null));

        Inquiry inquiry = run(MANNERS);

        assertThat(inquiry.rules().refusal(page("/x"))).isEmpty();
        assertThat(inquiry.keep()).isEqualTo(Duration.ofHours(1));
    }

    @Test
    void rulesAreRememberedForADayAndErrorsForAnHour() {
        AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5); // nanoTime may overflow
        RobotsCache cache = new RobotsCache(MANNERS, now::get);

        learn(cache, page("/x"));
        now.addAndGet(Duration.ofHours(24).toNanos());
        assertThat(cache.known(page("/y"))).isPresent();
        now.addAndGet(1);
        assertThat(cache.known(page("/y"))).isEmpty();

        web.put("/robots.txt", new Fetch.HttpError(503, null));
        learn(cache, page("/x"));
        now.addAndGet(Duration.ofHours(1).toNanos());
        assertThat(cache.known(page("/y"))).isPresent();
        now.addAndGet(1);
        assertThat(cache.known(page("/y"))).isEmpty();
    }

    @Test
    void anOriginIsSchemeHostAndPort() {
        RobotsCache cache = new RobotsCache(MANNERS);

        learn(cache, page("/x"));

        assertThat(cache.known(page("/y"))).isPresent();
        assertThat(cache.known(NormalUrl.of("https://example.org/").orElseThrow()))
                .isEmpty();
        assertThat(cache.known(NormalUrl.of("http://example.org:8080/").orElseThrow()))
                .isEmpty();
        assertThat(cache.known(NormalUrl.of("http://www.example.org/").orElseThrow()))
                .isEmpty();
    }

    @Test
    void ofWhatIsBlockedNothingIsToBeLearned() {
        Scope scope = new Scope(SiteList.EMPTY, SiteList.of("block", List.of("example.org")));
        RobotsCache cache = new RobotsCache(new Manners("millrace", Signals.ALL, scope, true));

        assertThat(cache.known(page("/x")).orElseThrow().refusal(page("/x"))).contains("the block list names it");
    }

    private Robots learn(Manners manners) {
        return run(manners).rules();
    }

    private void learn(RobotsCache cache, NormalUrl page) {
        cache.learn(page, run(cache.inquire(page)));
    }

    private Inquiry run(Manners manners) {
        return run(new Inquiry(page("/x"), manners));
    }

    private Inquiry run(Inquiry inquiry) {
        for (var next = inquiry.next(); next.isPresent(); next = inquiry.next()) {
            inquiry.answered(answer(next.get()));
        }
        return inquiry;
    }

    private Fetch answer(NormalUrl url) {
        asked.add(url.toString());
        Fetch here = url.origin().equals(HOME) ? web.get(url.path()) : web.get(url.toString());
        return here == null ? new Fetch.HttpError(404, null) : here;
    }

    private static Fetch redirect(String to) {
        return new Fetch.Redirected(
                302, NormalUrl.of(HOME).orElseThrow().resolve(to).orElseThrow());
    }

    private static Fetch file(String text) {
        return new Fetch.Fetched(200, text.getBytes(UTF_8), Headers.of("Content-Type", "text/plain"));
    }

    private static NormalUrl page(String path) {
        return NormalUrl.of(HOME + path).orElseThrow();
    }
}
