package org.millrace.crawler;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.millrace.crawler.frontier.Frontier;
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
import org.millrace.crawler.web.Room;

/// Turns in the memory of the service: a heap of 160 MiB, of which 40 are shared and 80 for who is alone.
class ScarceMemoryTest {

    private static final Fetch MISSING = new Fetch.HttpError(404, null);
    private static final String URLSET = "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>";

    private final HandClock clock = new HandClock();
    private final Frontier frontier = new Frontier(new MemoryIndex(), "no log", Frontier.Settings.USUAL, clock);
    private final Room room = new Room(192 * 1024, 40L << 20, 80L << 20, Duration.ZERO);
    private final Map<String, Fetch> network = new HashMap<>();
    private final Map<String, Long> needs = new HashMap<>();
    private final List<String> requests = new ArrayList<>();
    private final Map<String, Fetch> outcomes = new HashMap<>();
    private final List<Target> listed = new ArrayList<>();
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
                    Duration.ofDays(1),
                    3),
            5 << 20,
            new Semaphore(1),
            room,
            (origin, lease, news) -> {
                switch (news) {
                    case News.Visited visited ->
                        outcomes.put(visited.target().url().toString(), visited.fetch());
                    case News.Listed(List<Target> pages, var _) -> listed.addAll(pages);
                }
                origin.settle(lease, news);
            },
            failure -> {
                throw new AssertionError(failure);
            });

    @Test
    void aSitemapOfNineMebibytesIsRead() throws InterruptedException {
        StringBuilder map = new StringBuilder(URLSET);
        for (int i = 0; map.length() < 9 << 20; i++) {
            map.append(
                    "<url><loc>http://a.example/articles/%d</loc><lastmod>2026-01-02</lastmod></url>\n".formatted(i));
        }
        sitemap(map.append("</urlset>").toString().getBytes(UTF_8));

        assertThat(listed).hasSizeGreaterThan(10);
    }

    /// Others hold nearly all there is.
    @Test
    void aSmallZippedSitemapTakesLittle() throws IOException, InterruptedException {
        StringBuilder map = new StringBuilder(URLSET);
        for (int i = 0; i < 200; i++) {
            map.append("<url><loc>http://a.example/%d</loc></url>".formatted(i));
        }
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(zipped)) {
            out.write(map.append("</urlset>").toString().getBytes(UTF_8));
        }
        assertThat(zipped.size()).isLessThan(1_500);
        try (Room.Place alone = room.place();
                Room.Place other = room.place()) {
            assertThat(alone.grow(50L << 20)).isTrue();
            assertThat(other.grow(30L << 20)).isTrue();
            sitemap(zipped.toByteArray());
        }

        assertThat(listed).hasSize(200);
    }

    private void sitemap(byte[] body) throws InterruptedException {
        network.put("http://a.example/robots.txt", text("Sitemap: http://a.example/map\n".getBytes(UTF_8)));
        network.put("http://a.example/map", text(body));
        offer("/");
        while (requests.size() < 3) {
            clock.at(crawler.step());
        }
    }

    @Test
    void aPageThatNoMemoryIsFreeForIsAskedForTenTimesAndItsHostIsNotToBlame() throws InterruptedException {
        long large = 50L << 20;
        needs.put("http://a.example/", large);
        network.put("http://a.example/b", text(new byte[0]));
        try (Room.Place alone = room.place()) {
            assertThat(alone.grow(large)).isTrue();
            offer("/");
            finish();
        }
        offer("/b");
        Instant before = clock.instant();
        finish();

        assertThat(requests.stream().filter("http://a.example/"::equals)).hasSize(10);
        assertThat(outcomes.get("http://a.example/")).isEqualTo(new Fetch.Failed("no memory", true));
        assertThat(outcomes.get("http://a.example/b")).isInstanceOf(Fetch.Fetched.class);
        assertThat(Duration.between(before, clock.instant()))
                .as("the host does not rest")
                .isLessThan(Duration.ofSeconds(10));
    }

    @Test
    void aRobotsTxtThatNoMemoryIsFreeForIsAskedForAgainAndItsOriginDoesNotRest() throws InterruptedException {
        long large = 50L << 20;
        needs.put("http://a.example/robots.txt", large);
        network.put("http://a.example/", text(new byte[0]));
        Instant start = clock.instant();
        try (Room.Place alone = room.place()) {
            assertThat(alone.grow(large)).isTrue();
            offer("/");
            while (requests.size() < 4) {
                clock.at(crawler.step());
            }
        }
        finish();

        assertThat(outcomes.get("http://a.example/")).isInstanceOf(Fetch.Fetched.class);
        assertThat(Duration.between(start, clock.instant()))
                .as("2 + 4 + 8 + 16 seconds between the tries")
                .isLessThan(Duration.ofSeconds(40));
    }

    private void finish() throws InterruptedException {
        while (frontier.size() > 0) {
            clock.at(crawler.step());
        }
    }

    private Fetch fetch(NormalUrl url, Fetcher.Wanted wanted) {
        requests.add(url.toString());
        try {
            if (!wanted.heap().grow(needs.getOrDefault(url.toString(), 0L))) {
                return new Fetch.Failed("no memory", true);
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        return network.getOrDefault(url.toString(), MISSING);
    }

    private void offer(String path) {
        NormalUrl url = NormalUrl.of("http://a.example" + path).orElseThrow();
        crawler.offer(new Target("c", url, "", 0, 0, new Limits(16, 1_000, Set.of("a.example"))));
    }

    private static Fetch text(byte[] body) {
        return new Fetch.Fetched(200, body, Headers.of("Content-Type", "text/plain"));
    }
}
