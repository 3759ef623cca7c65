package org.millrace.crawler;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.millrace.crawler.frontier.Frontier;
import org.millrace.crawler.frontier.MemoryIndex;
import org.millrace.crawler.manners.Manners;
import org.millrace.crawler.manners.Politeness;
import org.millrace.crawler.manners.RobotsCache;
import org.millrace.crawler.web.Fetch;
import org.millrace.crawler.web.Fetcher;
import org.millrace.crawler.web.Headers;
import org.millrace.crawler.web.NormalUrl;
import org.millrace.crawler.web.Room;

/// Sites without an end, crawled to the end.
@Timeout(60)
class TrapsTest {

    private static final int PER_HOST = 300;
    private static final int PER_PATTERN = 50;
    private static final Fetch MISSING = new Fetch.HttpError(404, null);

    private final HandClock clock = new HandClock();
    private final List<NormalUrl> requests = new ArrayList<>();
    private int answered;

    @Test
    void aCalendarEndsWithItsPattern() throws InterruptedException {
        crawl(url -> {
            int day = url.path().equals("/") ? 0 : Integer.parseInt(url.path().replaceAll("\\D", ""));
            return page("/calendar?day=" + (day + 1), "/calendar?day=" + (day + 2));
        });

        assertThat(requests).hasSize(1 + PER_PATTERN);
    }

    @Test
    void sessionIdsEndWithTheirPattern() throws InterruptedException {
        crawl(_ -> page("/list?visitor=v" + answered, "/list?visitor=w" + answered));

        assertThat(requests).hasSize(1 + PER_PATTERN);
    }

    @Test
    void linksThatPileUpEndWithTheirRepetition() throws InterruptedException {
        crawl(url -> page("more/", "and/more/"));

        assertThat(requests).hasSizeLessThan(40).allSatisfy(url -> assertThat(url.path())
                .doesNotContain("more/more/more/", "and/more/and/more/and/more/"));
    }

    @Test
    void namesWithoutPatternEndWithTheBudgetOfTheHost() throws InterruptedException {
        crawl(url -> page(letters(answered * 2), letters(answered * 2 + 1)));

        assertThat(requests).hasSize(PER_HOST);
    }

    @Test
    void aPageThatRedirectsToItselfIsAskedOnce() throws InterruptedException {
        crawl(url -> url.path().equals("/") ? page("/self") : new Fetch.Redirected(302, url));

        assertThat(requests).hasSize(2);
    }

    @Test
    void redirectsWithoutEndEnd() throws InterruptedException {
        crawl(url ->
                new Fetch.Redirected(302, url.resolve("/r" + letters(answered)).orElseThrow()));

        assertThat(requests).hasSize(1 + Target.MAX_REDIRECTS);
    }

    @Test
    void urlsOfTenKilobytesAreNoUrls() throws InterruptedException {
        crawl(_ -> page("/" + "x".repeat(10_000), "/?q=" + "y".repeat(10_000), "/short"));

        assertThat(requests).extracting(NormalUrl::path).containsExactly("/", "/short");
    }

    @Test
    void ofEndlessLinksAThousandCount() throws InterruptedException {
        String[] many = IntStream.range(0, 40_000).mapToObj(TrapsTest::letters).toArray(String[]::new);

        crawl(url -> url.path().equals("/") ? page(many) : page());

        assertThat(requests).as("the budget of the host").hasSize(PER_HOST);
    }

    private void crawl(Function<NormalUrl, Fetch> site) throws InterruptedException {
        Frontier.Settings settings = new Frontier.Settings(Duration.ofMinutes(10), Duration.ZERO, PER_PATTERN);
        Frontier frontier = new Frontier(new MemoryIndex(), "no log", settings, clock);
        Fetcher fetcher = (url, _) -> {
            if (url.path().equals("/robots.txt")
                    || url.path().equals("/ai.txt")
                    || url.path().startsWith("/.well-")) {
                return MISSING;
            }
            requests.add(url);
            answered++;
            return site.apply(url);
        };
        Politeness politeness =
                new Politeness(Duration.ofMillis(1), Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO, 1);
        try (Crawler crawler = new Crawler(
                frontier,
                fetcher,
                new RobotsCache(Manners.of("millrace")),
                politeness,
                5 << 20,
                new Semaphore(1),
                Room.ofHeap(1),
                (origin, lease, news) -> assertThat(origin.settle(lease, news)).isTrue(),
                failure -> {
                    throw new AssertionError(failure);
                })) {
            NormalUrl seed = NormalUrl.of("http://trap.example/").orElseThrow();
            crawler.offer(new Target("c", seed, "", 0, 0, new Limits(1_000, PER_HOST, Set.of("trap.example"))));
            while (frontier.size() > 0) {
                clock.at(crawler.step());
            }
        }
    }

    private static String letters(int i) {
        StringBuilder name = new StringBuilder("/");
        for (int rest = i + 1; rest > 0; rest /= 26) {
            name.append((char) ('a' + rest % 26));
        }
        return name.toString();
    }

    private static Fetch page(String... links) {
        String html =
                List.of(links).stream().map("<a href='%s'>x</a>"::formatted).collect(Collectors.joining());
        return new Fetch.Fetched(200, html.getBytes(StandardCharsets.UTF_8), Headers.of("Content-Type", "text/html"));
    }
}
