package org.millrace.crawler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.millrace.crawler.frontier.Frontier;
import org.millrace.crawler.frontier.Lease;
import org.millrace.crawler.frontier.MemoryIndex;
import org.millrace.crawler.http.OkFetcher;
import org.millrace.crawler.manners.Manners;
import org.millrace.crawler.manners.Politeness;
import org.millrace.crawler.manners.RobotsCache;
import org.millrace.crawler.web.Fetch;
import org.millrace.crawler.web.Fetcher;
import org.millrace.crawler.web.NormalUrl;
import org.millrace.crawler.web.Room;

/// A crawl without a log: what is found is offered at once, what is fetched is finished at once.
final class CrawlOfASite implements AutoCloseable {

    private final ConcurrentLinkedQueue<News.Visited> visits = new ConcurrentLinkedQueue<>();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final Crawler crawler;
    private final Limits limits;

    CrawlOfASite(Limits limits, Duration delay) {
        this(
                limits,
                new Politeness(
                        delay,
                        Duration.ofSeconds(30),
                        Duration.ofMillis(20),
                        Duration.ofMillis(50),
                        Duration.ofSeconds(2),
                        3));
    }

    CrawlOfASite(Limits limits, Politeness politeness) {
        this.limits = limits;
        Fetcher fetcher = new OkFetcher(
                "millrace/test",
                true,
                new OkFetcher.TimeLimits(Duration.ofSeconds(2), Duration.ofSeconds(2), Duration.ofSeconds(3)),
                took -> {});
        Frontier frontier = new Frontier(new MemoryIndex(), "no log", Frontier.Settings.USUAL, Clock.systemUTC());
        crawler = new Crawler(
                frontier,
                fetcher,
                new RobotsCache(Manners.of("millrace")),
                politeness,
                100_000,
                new Semaphore(8),
                Room.ofHeap(1),
                this::tell,
                failure::set);
    }

    /// Crawls until nothing is left.
    ///
    /// @return outcomes by path, for a site of one host
    Map<String, Fetch> run(String... seeds) {
        finish(seeds);
        return visits.stream().collect(Collectors.toMap(v -> v.target().url().path(), News.Visited::fetch));
    }

    void finish(String... seeds) {
        for (String seed : seeds) {
            crawler.offer(new Target("test", NormalUrl.of(seed).orElseThrow(), "", 0, 0, limits));
        }
        crawler.start();
        await().atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(5))
                .until(() -> failure.get() != null || crawler.frontier().size() == 0);
        if (failure.get() != null) {
            throw new AssertionError("a worker broke", failure.get());
        }
    }

    List<News.Visited> visits() {
        return List.copyOf(visits);
    }

    private void tell(Crawler origin, Lease lease, News news) {
        if (news instanceof News.Visited visited) {
            visits.add(visited);
        }
        assertThat(origin.settle(lease, news)).isTrue();
    }

    @Override
    public void close() {
        crawler.close();
    }

    static Limits limits(String seed) {
        return new Limits(16, 1000, Set.of(NormalUrl.of(seed).orElseThrow().authority()));
    }
}
