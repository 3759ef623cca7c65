package org.millrace.crawler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.millrace.crawler.frontier.Frontier;
import org.millrace.crawler.frontier.MemoryIndex;
import org.millrace.crawler.http.OkFetcher;
import org.millrace.crawler.manners.Manners;
import org.millrace.crawler.manners.Politeness;
import org.millrace.crawler.manners.RobotsCache;
import org.millrace.crawler.web.Fetch;
import org.millrace.crawler.web.NormalUrl;
import org.millrace.crawler.web.Room;
import org.millrace.testkit.FixtureSite;
import org.millrace.testkit.FixtureSite.Response;

/// Many pages of the longest size at once, in less memory than they would take together.
class LargePagesTest {

    private static final int HOSTS = 12;
    private static final int MAX_BYTES = 5 << 20;
    private static final String LARGE = "<p>words of a page that is large</p>\n".repeat(MAX_BYTES / 37);

    private final List<FixtureSite> sites = new ArrayList<>();

    @AfterEach
    void close() {
        sites.forEach(FixtureSite::close);
    }

    @Test
    void manyLargePagesAtOnceAreReadOneAfterTheOther() throws IOException {
        Map<String, Fetch> pages = crawl(new Room(192 * 1024, 16L << 20, 64L << 20, Duration.ofSeconds(20)));

        assertThat(pages).hasSize(HOSTS);
        assertThat(pages.values()).allSatisfy(page -> assertThat(page.bytes()).isEqualTo(LARGE.length()));
    }

    @Test
    void aPageWhoseMarkupTakesMoreThanThereIsFailsAndSaysSo() throws IOException {
        Map<String, Fetch> pages = crawl(new Room(192 * 1024, 16L << 20, 32L << 20, Duration.ofSeconds(20)));

        assertThat(pages.values())
                .hasSize(HOSTS)
                .containsOnly(new Fetch.Failed("markup: reading it would take 49 MiB of memory", false));
    }

    private Map<String, Fetch> crawl(Room room) throws IOException {
        List<NormalUrl> seeds = new ArrayList<>();
        for (int i = 0; i < HOSTS; i++) {
            FixtureSite site = FixtureSite.start();
            sites.add(site);
            site.answer("/", Response.html(LARGE));
            seeds.add(NormalUrl.of(site.url("/")).orElseThrow());
        }
        Map<String, Fetch> pages = new ConcurrentHashMap<>();
        AtomicInteger reading = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        Politeness politeness = new Politeness(
                Duration.ZERO, Duration.ZERO, Duration.ofMillis(5), Duration.ofMillis(5), Duration.ofMillis(5), 1);
        Frontier frontier = new Frontier(new MemoryIndex(), "no log", Frontier.Settings.USUAL, Clock.systemUTC());
        OkFetcher.TimeLimits limits =
                new OkFetcher.TimeLimits(Duration.ofSeconds(5), Duration.ofSeconds(30), Duration.ofSeconds(60));
        try (OkFetcher fetcher = new OkFetcher("millrace/test", true, limits, _ -> {});
                Crawler crawler = new Crawler(
                        frontier,
                        fetcher,
                        new RobotsCache(Manners.of("millrace")),
                        politeness,
                        MAX_BYTES,
                        new Semaphore(HOSTS),
                        room,
                        (origin, lease, news) -> {
                            most.accumulateAndGet(reading.incrementAndGet(), Math::max);
                            Thread.sleep(20); // as long as a store takes
                            pages.put(lease.target().url().authority(), ((News.Visited) news).fetch());
                            reading.decrementAndGet();
                            origin.settle(lease, news);
                        },
                        failure::set)) {
            Set<String> hosts =
                    Set.copyOf(seeds.stream().map(NormalUrl::authority).toList());
            seeds.forEach(seed -> crawler.offer(new Target("test", seed, "", 0, 0, new Limits(1, 10, hosts))));
            crawler.start();
            await().atMost(Duration.ofSeconds(60)).until(() -> failure.get() != null || frontier.size() == 0);
        }
        assertThat(failure.get()).isNull();
        if (pages.values().stream().anyMatch(Fetch.Fetched.class::isInstance)) {
            assertThat(most.get())
                    .as("a page of 5 MiB takes 50, and 16 are shared")
                    .isEqualTo(1);
        }
        return pages;
    }
}
