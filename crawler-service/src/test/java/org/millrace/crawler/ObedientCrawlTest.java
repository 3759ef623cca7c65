package org.millrace.crawler;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
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

/// Fifty hosts with rules drawn at random, whose pages link to everything, and of ten thousand fetches
/// not one to a path that its host forbids. What is forbidden is decided here a second time, by regular
/// expressions. More by `-Dmillrace.fetches=100000`.
class ObedientCrawlTest {

    private static final int HOSTS = 50;
    private static final String[] SEGMENTS = {"a", "b", "c", "aa", "ab", "private", "x.gif", "y.html"};

    private final int fetches = Integer.getInteger("millrace.fetches", 10_000);
    private final Map<String, List<Rule>> rules = new HashMap<>();
    private final Map<String, String> files = new HashMap<>();
    private final Set<String> forbidden = ConcurrentHashMap.newKeySet();
    private final Set<String> requested = ConcurrentHashMap.newKeySet();
    private final Set<String> twice = ConcurrentHashMap.newKeySet();
    private final ConcurrentLinkedQueue<Fetch> outcomes = new ConcurrentLinkedQueue<>();
    private final AtomicInteger pages = new AtomicInteger();

    private record Rule(String pattern, boolean allow) {}

    @Test
    void nothingForbiddenIsRequestedInTenThousandFetches() {
        Random random = new Random(9309);
        for (int host = 0; host < HOSTS; host++) {
            draw("host%d.example".formatted(host), random);
        }

        crawl();

        assertThat(pages.get()).isGreaterThanOrEqualTo(fetches);
        assertThat(outcomes.stream().filter(Fetch.Disallowed.class::isInstance).count())
                .as("URLs that were refused")
                .isGreaterThan(fetches / 20);
        assertThat(forbidden).isEmpty();
        assertThat(twice).isEmpty();
    }

    private void draw(String host, Random random) {
        List<Rule> drawn = new ArrayList<>();
        StringBuilder file = new StringBuilder("# %s\nUser-agent: other\nDisallow: /\n\n".formatted(host));
        file.append(random.nextBoolean() ? "User-agent: Millrace/1.0\n" : "User-agent: nobody\nUser-agent: *\n");
        for (int i = 0; i < 8; i++) {
            String pattern =
                    path(random).replace("a", random.nextInt(4) == 0 ? "*" : "a") + (random.nextInt(4) == 0 ? "$" : "");
            boolean allow = random.nextInt(3) == 0;
            drawn.add(new Rule(pattern, allow));
            file.append(allow ? "Allow: " : "Disallow: ").append(pattern).append('\n');
        }
        rules.put(host, drawn);
        files.put(host, file.toString());
    }

    private static String path(Random random) {
        return IntStream.rangeClosed(0, random.nextInt(3))
                .mapToObj(_ -> SEGMENTS[random.nextInt(SEGMENTS.length)])
                .collect(Collectors.joining("/", "/", ""));
    }

    private void crawl() {
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        Frontier frontier = new Frontier(new MemoryIndex(), "no log", Frontier.Settings.USUAL, Clock.systemUTC());
        Politeness impatient = new Politeness(
                Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ofMillis(1), Duration.ofMillis(1), 1);
        try (Crawler crawler = new Crawler(
                frontier,
                this::answer,
                new RobotsCache(Manners.of("millrace")),
                impatient,
                100_000,
                new Semaphore(16),
                Room.ofHeap(1),
                (origin, lease, news) -> {
                    if (news instanceof News.Visited visited) {
                        outcomes.add(visited.fetch());
                    }
                    origin.settle(lease, news);
                },
                failure::set)) {
            Limits limits = new Limits(1000, 10 * fetches, files.keySet());
            for (String host : files.keySet()) {
                crawler.offer(new Target("test", NormalUrl.of("http://" + host).orElseThrow(), "", 0, 0, limits));
            }
            crawler.start();
            await().atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> failure.get() != null || pages.get() >= fetches || frontier.size() == 0);
        }
        assertThat(failure.get()).isNull();
    }

    private Fetch answer(NormalUrl url, Fetcher.Wanted wanted) {
        if (url.path().equals("/robots.txt")) {
            return new Fetch.Fetched(
                    200, files.getOrDefault(url.host(), "").getBytes(UTF_8), Headers.of("Content-Type", "text/plain"));
        }
        if (url.path().equals("/ai.txt") || url.path().startsWith("/.well-known/")) {
            return new Fetch.HttpError(404, null);
        }
        if (!isAllowed(url)) {
            forbidden.add(url.toString());
        }
        if (!requested.add(url.toString())) {
            twice.add(url.toString());
        }
        Random random = new Random(url.hashCode() + pages.incrementAndGet());
        String links = IntStream.range(0, 5)
                .mapToObj(_ -> "<a href='http://host%d.example%s?%d'>x</a>"
                        .formatted(random.nextInt(HOSTS), path(random), random.nextInt(fetches)))
                .collect(Collectors.joining());
        return new Fetch.Fetched(200, links.getBytes(UTF_8), Headers.of("Content-Type", "text/html"));
    }

    /// RFC 9309 once more: the longest pattern that matches, and of equally long ones the one that allows.
    private boolean isAllowed(NormalUrl url) {
        int longest = -1;
        boolean allowed = true;
        for (Rule rule : rules.getOrDefault(url.host(), List.of())) {
            int length = rule.pattern.length();
            if (matches(rule.pattern, url.path()) && (length > longest || length == longest && rule.allow)) {
                longest = length;
                allowed = rule.allow;
            }
        }
        return allowed;
    }

    private static boolean matches(String pattern, String path) {
        boolean toTheEnd = pattern.endsWith("$");
        String body = toTheEnd ? pattern.substring(0, pattern.length() - 1) : pattern;
        String expression = body.chars()
                .mapToObj(c -> c == '*' ? ".*" : Pattern.quote(String.valueOf((char) c)))
                .collect(Collectors.joining());
        return path.matches(expression + (toTheEnd ? "" : ".*"));
    }
}
