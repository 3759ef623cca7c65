package org.millrace.crawler;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.millrace.crawler.frontier.Frontier;
import org.millrace.crawler.frontier.Lease;
import org.millrace.crawler.frontier.MemoryIndex;
import org.millrace.crawler.manners.Manners;
import org.millrace.crawler.manners.Politeness;
import org.millrace.crawler.manners.RobotsCache;
import org.millrace.crawler.manners.Scope;
import org.millrace.crawler.manners.Signals;
import org.millrace.crawler.web.Fetch;
import org.millrace.crawler.web.Fetcher;
import org.millrace.crawler.web.Headers;
import org.millrace.crawler.web.NormalUrl;
import org.millrace.crawler.web.Outcome;
import org.millrace.crawler.web.Room;

/// Crawls of days in milliseconds: one thread, a clock set by hand, and a network that is a map.
class TurnsTest {

    private static final Fetch MISSING = new Fetch.HttpError(404, null);
    private static final Duration DAY = Duration.ofDays(1);

    private final HandClock clock = new HandClock();
    private final Instant start = clock.instant();
    private final Frontier frontier = new Frontier(new MemoryIndex(), "no log", Frontier.Settings.USUAL, clock);
    private final Map<String, Function<Fetcher.Wanted, Fetch>> network = new HashMap<>();
    private final List<Request> requests = new ArrayList<>();
    private final List<News.Visited> visits = new ArrayList<>();
    private final Crawler crawler = new Crawler(
            frontier,
            this::fetch,
            new RobotsCache(
                    new Manners("millrace", new Signals(true, true, true, false, false), Scope.EVERYTHING, true)),
            new Politeness(
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(30),
                    Duration.ofSeconds(2),
                    Duration.ofSeconds(60),
                    DAY,
                    3),
            100_000,
            new Semaphore(1),
            Room.ofHeap(1),
            this::tell,
            failure -> {
                throw new AssertionError(failure);
            });

    private record Request(String url, Instant at) {}

    @Test
    void aHostThatIsBusyForEverIsGivenUpAndTheOtherIsNotSlowed() throws InterruptedException {
        answer("http://busy.example/robots.txt", MISSING);
        IntStream.range(0, 50).forEach(i -> {
            answer("http://busy.example/" + letters(i), new Fetch.HttpError(503, null));
            answer("http://well.example/" + letters(i), page(""));
            offer("http://busy.example/" + letters(i));
            offer("http://well.example/" + letters(i));
        });

        finish();

        assertThat(visits).hasSize(100);
        assertThat(visits.stream().filter(visit -> visit.fetch() instanceof Fetch.Fetched))
                .hasSize(50);
        Instant wellDone = last("http://well.example/");
        assertThat(Duration.between(start, wellDone)).isLessThan(Duration.ofSeconds(70));
        Instant busyDone = last("http://busy.example/");
        assertThat(Duration.between(start, busyDone))
                .as("1 + 2 + 4 + 8 + 16 minutes, each a tenth more or less")
                .isBetween(Duration.ofMinutes(27), Duration.ofMinutes(36));
        assertThat(requests.stream().filter(request -> request.url.contains("busy.example")))
                .as("robots.txt, and one request before each rest and after the last")
                .hasSize(7);
        assertThat(visits.getLast().fetch())
                .isEqualTo(new Fetch.Failed("the host gives no usable answer, also after 5 rests", false));
    }

    @Test
    void aGivenUpHostIsTriedAgainLater() throws InterruptedException {
        answer("http://busy.example/a", new Fetch.HttpError(503, Duration.ofHours(5)));
        offer("http://busy.example/a");
        offer("http://busy.example/b");
        finish();
        assertThat(Duration.between(start, clock.instant())).isLessThan(Duration.ofMinutes(1));
        assertThat(outcome("http://busy.example/b")).isEqualTo(Outcome.FAILED);

        clock.pass(Duration.ofHours(5));
        answer("http://busy.example/c", page(""));
        offer("http://busy.example/c");
        finish();

        assertThat(outcome("http://busy.example/c")).isEqualTo(Outcome.FETCHED);
    }

    @Test
    void restsOfMoreOriginsThanAreBeingLearnedAreRemembered() throws InterruptedException {
        int hosts = 10_050;
        for (int i = 0; i < hosts; i++) {
            answer("http://h%d.example/robots.txt".formatted(i), new Fetch.HttpError(503, Duration.ofMinutes(90)));
            offer("http://h%d.example/".formatted(i));
        }

        runUntil(start.plus(Duration.ofHours(6))); // two rests are longer than patience, two hours

        assertThat(visits).hasSize(hosts);
        assertThat(requests).hasSize(2 * hosts);
    }

    @ParameterizedTest
    @MethodSource
    void aRobotsTxtThatIsOutOfReachPutsItsPagesOff(Fetch outage) throws InterruptedException {
        int[] asked = {0};
        network.put(
                "http://a.example/robots.txt",
                _ -> clock.instant().isBefore(start.plusSeconds(150))
                        ? outage
                        : text("User-agent: *\nDisallow: /b\n" + "#".repeat(asked[0]++)));
        for (String path : List.of("a", "b", "c")) {
            answer("http://a.example/" + path, page(""));
            offer("http://a.example/" + path);
        }

        finish();

        assertThat(outcome("http://a.example/a")).isEqualTo(Outcome.FETCHED);
        assertThat(outcome("http://a.example/b")).isEqualTo(Outcome.DISALLOWED);
        assertThat(outcome("http://a.example/c")).isEqualTo(Outcome.FETCHED);
        assertThat(requests.stream().filter(request -> !request.url.endsWith("robots.txt")))
                .allSatisfy(page -> assertThat(page.at).isAfter(start.plusSeconds(150)));
        assertThat(asked[0]).isEqualTo(1);
    }

    static List<Fetch> aRobotsTxtThatIsOutOfReachPutsItsPagesOff() {
        return List.of(
                new Fetch.HttpError(500, null),
                new Fetch.HttpError(503, null),
                new Fetch.HttpError(502, Duration.ofSeconds(40)),
                new Fetch.Failed("no whole answer in time", true));
    }

    @Test
    void aRobotsTxtThatStaysOutOfReachEndsTheCrawlOfItsOriginAfterFiveRests() throws InterruptedException {
        answer("http://a.example/robots.txt", new Fetch.HttpError(500, null));
        for (int i = 0; i < 300; i++) {
            offer("http://a.example/" + letters(i));
        }

        finish();

        assertThat(requests).extracting(Request::url).hasSize(6).containsOnly("http://a.example/robots.txt");
        assertThat(visits).hasSize(300).allSatisfy(visit -> assertThat(visit.fetch())
                .isEqualTo(new Fetch.Disallowed("robots.txt could not be read: status 500")));
        assertThat(Duration.between(start, clock.instant()))
                .as("1 + 2 + 4 + 8 + 16 minutes, each a tenth more or less")
                .isBetween(Duration.ofMinutes(27), Duration.ofMinutes(36));
    }

    @Test
    void retryAfterIsKeptToTheSecond() throws InterruptedException {
        network.put("http://a.example/x", new Function<>() {
            private int asked;

            @Override
            public Fetch apply(Fetcher.Wanted wanted) {
                return asked++ == 0 ? new Fetch.HttpError(429, Duration.ofSeconds(600)) : page("");
            }
        });
        answer("http://a.example/y", page(""));
        offer("http://a.example/x");
        offer("http://a.example/y");

        finish();

        List<Request> pages = requests.subList(1, requests.size());
        assertThat(Duration.between(pages.get(0).at, pages.get(1).at)).isEqualTo(Duration.ofSeconds(600));
        assertThat(outcome("http://a.example/x")).isEqualTo(Outcome.FETCHED);
        assertThat(outcome("http://a.example/y")).isEqualTo(Outcome.FETCHED);
    }

    @Test
    void aBusyPageIsBelievedAfterThreeTriesAndTheRestGoesOn() throws InterruptedException {
        answer("http://a.example/x", new Fetch.HttpError(503, null));
        answer("http://a.example/y", page(""));
        offer("http://a.example/x");
        offer("http://a.example/y");

        finish();

        assertThat(count("http://a.example/x")).isEqualTo(3);
        assertThat(outcome("http://a.example/x")).isEqualTo(Outcome.HTTP_ERROR);
        assertThat(outcome("http://a.example/y")).isEqualTo(Outcome.FETCHED);
    }

    @Test
    void aPageThatFailsWaitsWhileOthersAreFetched() throws InterruptedException {
        answer("http://a.example/x", new Fetch.Failed("reset", true));
        offer("http://a.example/x");
        for (int i = 0; i < 10; i++) {
            answer("http://a.example/" + letters(i), page(""));
            offer("http://a.example/" + letters(i));
        }

        finish();

        assertThat(requests).extracting(Request::url).startsWith("http://a.example/robots.txt", "http://a.example/x");
        assertThat(requests.stream()
                        .filter(request -> request.url.equals("http://a.example/x"))
                        .map(Request::at))
                .as("tried again after 2 and 4 s, when a turn of the host is free")
                .hasSize(3)
                .last()
                .satisfies(last -> assertThat(last).isBetween(start.plusSeconds(6), start.plusSeconds(9)));
        assertThat(outcome("http://a.example/x")).isEqualTo(Outcome.FAILED);
    }

    @Test
    void theGapIsNeverBelowDelayOrCrawlDelay() throws InterruptedException {
        answer("http://a.example/robots.txt", text("User-agent: *\nCrawl-delay: 7\n"));
        for (int i = 0; i < 5; i++) {
            answer("http://a.example/" + letters(i), page(""));
            answer("http://b.example/" + letters(i), page(""));
            offer("http://a.example/" + letters(i));
            offer("http://b.example/" + letters(i));
        }

        finish();

        assertThat(gaps("http://a.example/")).hasSize(5).allSatisfy(gap -> assertThat(gap)
                .isGreaterThanOrEqualTo(Duration.ofSeconds(7)));
        assertThat(gaps("http://b.example/")).hasSize(5).allSatisfy(gap -> assertThat(gap)
                .isGreaterThanOrEqualTo(Duration.ofSeconds(1)));
    }

    @Test
    void aSiteByHttpAndByHttpsIsAskedInTurnAndEachByItsOwnRules() throws InterruptedException {
        answer("https://a.example/robots.txt", text("User-agent: *\nDisallow: /c\n"));
        for (String path : List.of("a", "b", "c")) {
            for (String scheme : List.of("http", "https")) {
                answer(scheme + "://a.example/" + path, page(""));
                offer(scheme + "://a.example/" + path);
            }
        }

        finish();

        List<Instant> times = requests.stream().map(Request::at).toList();
        assertThat(times).as("two of robots.txt, five of pages").hasSize(7);
        for (int i = 1; i < times.size(); i++) {
            assertThat(Duration.between(times.get(i - 1), times.get(i))).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
        }
        assertThat(outcome("http://a.example/c")).isEqualTo(Outcome.FETCHED);
        assertThat(outcome("https://a.example/c")).isEqualTo(Outcome.DISALLOWED);
    }

    @Test
    void aPageThatChangesIsVisitedMoreAndMoreOften() throws InterruptedException {
        int[] edition = {0};
        network.put("http://a.example/news", _ -> page("edition " + edition[0]++));
        offerDaily("news", true);

        runUntil(start.plus(Duration.ofDays(4)));

        assertThat(outcomes("http://a.example/news"))
                .as("after 1, 1.8, 2.4, 3, 3.4, 3.7, 3.95 days")
                .hasSize(8)
                .containsOnly(Outcome.FETCHED);
    }

    @Test
    void aPageThatStaysTheSameIsVisitedLessAndLessOften() throws InterruptedException {
        answer("http://a.example/about", page("for ever"));
        network.put(
                "http://a.example/dated",
                wanted -> wanted.known().etag().equals("\"1\"")
                        ? new Fetch.Unchanged(Headers.NONE)
                        : new Fetch.Fetched(200, new byte[] {1}, Headers.of("ETag", "\"1\"")));
        offerDaily("about", true);
        offerDaily("dated", true);

        runUntil(start.plus(Duration.ofDays(30)));

        for (String path : List.of("about", "dated")) {
            List<Outcome> outcomes = outcomes("http://a.example/" + path);
            assertThat(outcomes)
                    .as("after 1, 2.4, 4.4, 7.1, 10.9, 16.3, 23.8 days")
                    .hasSize(8)
                    .startsWith(Outcome.FETCHED);
            assertThat(outcomes.subList(1, 8)).containsOnly(Outcome.UNCHANGED);
        }
        assertThat(frontier.size()).as("only revisits are left").isZero();
        LastVisit last = visits.stream()
                .filter(visit -> visit.target().url().path().equals("/dated"))
                .reduce((_, later) -> later)
                .orElseThrow()
                .visit();
        assertThat(last.version().etag()).as("a 304 need not repeat it").isEqualTo("\"1\"");
    }

    @Test
    void aFixedScheduleStaysWhatItIs() throws InterruptedException {
        answer("http://a.example/about", page("for ever"));
        offerDaily("about", false);

        runUntil(start.plus(Duration.ofDays(10)));

        assertThat(outcomes("http://a.example/about")).hasSize(10);
    }

    @Test
    void pagesOfSitemapsComeInTheOrderOfTheirPriority() throws InterruptedException {
        answer("http://a.example/robots.txt", text("Sitemap: http://a.example/map.xml\n"));
        answer(
                "http://a.example/map.xml",
                text("<?xml version='1.0'?><urlset"
                        + " xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>"
                        + "<url><loc>http://a.example/low</loc><priority>0.1</priority></url>"
                        + "<url><loc>http://a.example/high</loc><priority>0.9</priority></url></urlset>"));
        answer("http://a.example/seed", page(""));
        offer("http://a.example/seed");

        finish();

        assertThat(requests)
                .extracting(request -> request.url.substring("http://a.example".length()))
                .containsExactly("/robots.txt", "/map.xml", "/seed", "/high", "/low");
    }

    @Test
    void aSitemapThatFailsIsTriedAgainAndNeverHoldsTheCrawl() throws InterruptedException {
        answer("http://a.example/robots.txt", text("Sitemap: http://a.example/map.xml\n"));
        answer("http://a.example/map.xml", new Fetch.Failed("reset", true));
        answer("http://a.example/seed", page(""));
        offer("http://a.example/seed");

        finish();

        assertThat(count("http://a.example/map.xml")).isEqualTo(3);
        assertThat(outcome("http://a.example/seed")).isEqualTo(Outcome.FETCHED);
        assertThat(frontier.size()).isZero();
    }

    // ---- the little world

    private Fetch fetch(NormalUrl url, Fetcher.Wanted wanted) {
        requests.add(new Request(url.toString(), clock.instant()));
        return network.getOrDefault(url.toString(), _ -> MISSING).apply(wanted);
    }

    private void tell(Crawler origin, Lease lease, News news) {
        if (news instanceof News.Visited visited) {
            visits.add(visited);
        }
        assertThat(origin.settle(lease, news)).isTrue();
    }

    private void answer(String url, Fetch fetch) {
        network.put(url, _ -> fetch);
    }

    private void offer(String seed) {
        NormalUrl url = NormalUrl.of(seed).orElseThrow();
        Limits limits = new Limits(16, 1_000, Set.of(url.authority()));
        crawler.offer(new Target("c", url, "", 0, 0, limits));
    }

    private void offerDaily(String path, boolean adaptive) {
        Limits daily = new Limits(3, 100, Set.of("a.example"), new Revisits(DAY, adaptive), Scope.EVERYTHING);
        NormalUrl url = NormalUrl.of("http://a.example/" + path).orElseThrow();
        crawler.offer(new Target("c", url, "", 0, 0, daily));
    }

    private void finish() throws InterruptedException {
        while (frontier.size() > 0) {
            clock.at(crawler.step());
        }
    }

    private void runUntil(Instant end) throws InterruptedException {
        while (clock.instant().isBefore(end)) {
            Instant next = crawler.step();
            clock.at(next.isBefore(end) ? next : end);
        }
    }

    private Instant last(String prefix) {
        return visits.stream()
                .filter(visit -> visit.target().url().toString().startsWith(prefix))
                .map(visit -> visit.visit().at())
                .max(Instant::compareTo)
                .orElseThrow();
    }

    private List<Outcome> outcomes(String url) {
        return visits.stream()
                .filter(visit -> visit.target().url().toString().equals(url))
                .map(visit -> visit.fetch().outcome())
                .toList();
    }

    private Outcome outcome(String url) {
        assertThat(outcomes(url)).hasSize(1);
        return outcomes(url).getFirst();
    }

    private long count(String url) {
        return requests.stream().filter(request -> request.url.equals(url)).count();
    }

    private List<Duration> gaps(String prefix) {
        List<Instant> times = requests.stream()
                .filter(request -> request.url.startsWith(prefix))
                .map(Request::at)
                .toList();
        return IntStream.range(1, times.size())
                .mapToObj(i -> Duration.between(times.get(i - 1), times.get(i)))
                .toList();
    }

    private static String letters(int i) {
        return "" + (char) ('a' + i / 26) + (char) ('a' + i % 26);
    }

    private static Fetch page(String text) {
        return new Fetch.Fetched(
                200,
                ("<p>" + text).getBytes(java.nio.charset.StandardCharsets.UTF_8),
                Headers.of("Content-Type", "text/html"));
    }

    private static Fetch text(String text) {
        return new Fetch.Fetched(
                200, text.getBytes(java.nio.charset.StandardCharsets.UTF_8), Headers.of("Content-Type", "text/plain"));
    }
}
