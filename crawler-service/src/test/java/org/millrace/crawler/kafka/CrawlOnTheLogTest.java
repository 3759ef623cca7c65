package org.millrace.crawler.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.crawler.Crawls.Progress;
import org.millrace.crawler.Limits;
import org.millrace.crawler.frontier.Frontier;
import org.millrace.crawler.rocksdb.RocksIndexes;
import org.millrace.crawler.web.NormalUrl;
import org.millrace.crawler.web.Outcome;
import org.millrace.events.DeadLetters;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.PageFetched;
import org.millrace.proto.events.v1.UrlDiscovered;
import org.millrace.testkit.BrokerExtension;
import org.millrace.testkit.FixtureSite;
import org.millrace.testkit.FixtureSite.Response;

class CrawlOnTheLogTest {

    @RegisterExtension
    static final BrokerExtension BROKER = new BrokerExtension();

    @TempDir
    private Path data;

    private final List<CrawlerRunner> runners = new ArrayList<>();

    @AfterEach
    void stop() throws InterruptedException {
        for (CrawlerRunner runner : runners) {
            runner.stop(new ShutdownEvent());
        }
    }

    @Test
    void aSiteIsCrawledWholeAndCounted() throws Exception {
        Pages pages = new Pages(60);
        try (FixtureSite site = pages.on(FixtureSite.start())) {
            site.answer("/page/59", Response.redirect("/"));
            site.answer("/page/58", Response.status(410));
            String large = "<p>large</p>".repeat(30_000);
            site.answer("/page/57", Response.html(large));
            CrawlerRunner runner = runner(Map.of());

            assertThat(submit(runner, "whole", site.url("/"))).isEqualTo(1);
            assertThat(runner.crawls().progress("whole").idle())
                    .as("right after submit")
                    .isFalse();
            Progress end = finished(runner, "whole");

            assertThat(end.counts().of(Outcome.FETCHED)).isEqualTo(58);
            assertThat(end.counts().of(Outcome.REDIRECTED)).isEqualTo(1);
            assertThat(end.counts().of(Outcome.HTTP_ERROR)).isEqualTo(1);
            List<PageFetched> published = published("whole");
            assertThat(published).extracting(PageFetched::getUrl).containsExactlyInAnyOrderElementsOf(pages.urls(site));
            PageFetched claim =
                    published.stream().filter(PageFetched::hasClaim).findFirst().orElseThrow();
            byte[] body = ArtifactStore.open(data.resolve("artifacts").toUri(), data)
                    .read(claim.getClaim().getSha256(), claim.getClaim().getLength());
            assertThat(body).asString().isEqualTo(large);
            long links = new PublishedLog(BROKER.bootstrapServers())
                    .records(CrawlLoop.DISCOVERED).stream()
                            .filter(link -> link.key().equals("127.0.0.1:" + site.port()))
                            .count();
            assertThat(links).as("each link is announced once by one instance").isEqualTo(60);

            assertThat(submit(runner, "whole", site.url("/")))
                    .as("known seeds are skipped")
                    .isZero();
        }
    }

    /// Hosts change hands twice while they are crawled, and the second time for good.
    @Test
    void instancesShareTheHostsAndARestartFetchesNothingAgain() throws Exception {
        Pages pages = new Pages(20);
        List<FixtureSite> sites = new ArrayList<>();
        try {
            for (int i = 0; i < 6; i++) {
                sites.add(pages.on(FixtureSite.start()));
            }
            CrawlerRunner one = runner(Map.of("millrace.crawler.instance", "one"));
            submit(one, "shared", sites.stream().map(site -> site.url("/")).toArray(String[]::new));
            await().atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofMillis(10))
                    .until(() -> requests(sites) > 30);
            CrawlerRunner two = runner(Map.of("millrace.crawler.instance", "two"));
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> two.isSharing() || published("shared").size() == 120);
            one.stop(new ShutdownEvent());
            finished(two, "shared");
            two.stop(new ShutdownEvent());
            runners.clear();
            assertThat(published("shared"))
                    .extracting(PageFetched::getUrl)
                    .hasSize(120)
                    .doesNotHaveDuplicates();
            long asked = requests(sites);

            CrawlerRunner again = runner(Map.of("millrace.crawler.instance", "one"));
            finished(again, "shared");

            assertThat(requests(sites)).as("nothing is asked for again").isEqualTo(asked);
            assertThat(again.crawls().progress("shared").counts().of(Outcome.FETCHED))
                    .as("what the other did is known from the log")
                    .isEqualTo(120);
            for (FixtureSite site : sites) {
                assertThat(site.mostInFlight()).isEqualTo(1);
                pages.urls(site).forEach(url -> assertThat(
                                site.count(NormalUrl.of(url).orElseThrow().path()))
                        .as("once, and once more if it was under way when its host changed hands")
                        .isBetween(1L, 3L));
            }
        } finally {
            sites.forEach(FixtureSite::close);
        }
    }

    private static long requests(List<FixtureSite> sites) {
        return sites.stream().mapToLong(site -> site.requests().size()).sum();
    }

    @Test
    void aStartWithAnIndexReadsNothingAgain() throws Exception {
        try (FixtureSite site = new Pages(30).on(FixtureSite.start())) {
            CrawlerRunner first = runner(Map.of());
            submit(first, "indexed", site.url("/"));
            finished(first, "indexed");
            first.stop(new ShutdownEvent());
            runners.clear();
        }
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", BROKER.bootstrapServers()));
                RocksIndexes indexes = RocksIndexes.open(data.resolve("frontier-0"))) {
            VisitedLog unread = new VisitedLog(
                    () -> {
                        throw new AssertionError("the log of visits is read again");
                    },
                    Duration.ofSeconds(1));
            LogEnds ends = new LogEnds(admin);
            Frontiers frontiers = new Frontiers(indexes::index, unread, ends, Frontier.Settings.USUAL);
            long fetched = 0;
            long known = 0;
            for (TopicPartition queue : ends.partitions(List.of(CrawlLoop.DISCOVERED))) {
                Frontier frontier = frontiers.open(queue.partition());
                fetched += frontier.counts("indexed").of(Outcome.FETCHED);
                assertThat(frontier.size()).isZero();
                known += frontier.discovered();
            }
            assertThat(fetched).isEqualTo(30);
            assertThat(known).as("positions on the log of found URLs").isGreaterThanOrEqualTo(30);
        }
    }

    @Test
    void unreadableRecordsBecomeDeadLettersOnce() throws Exception {
        String discovered = Events.topicName(UrlDiscovered.class);
        send(new ProducerRecord<>(CrawlLoop.SEEDS, "k", new byte[] {1, 2, 3}));
        send(new ProducerRecord<>(discovered, "k", new byte[] {4, 5, 6}));
        send(new Events("test")
                .record(
                        "k",
                        UrlDiscovered.newBuilder()
                                .setCrawlId("x")
                                .setUrl("ftp://x/")
                                .build()));
        CrawlerRunner first = runner(Map.of());
        finished(first, "letters");
        await().atMost(Duration.ofSeconds(10)).until(() -> letters(discovered) == 2);
        first.stop(new ShutdownEvent());
        runners.clear();

        CrawlerRunner second = runner(Map.of());
        finished(second, "letters");
        try (FixtureSite site = new Pages(3).on(FixtureSite.start())) {
            submit(second, "letters", site.url("/"));
            finished(second, "letters");
            assertThat(published("letters")).hasSize(3);
        }

        assertThat(letters(discovered)).isEqualTo(2);
        assertThat(letters(CrawlLoop.SEEDS)).isEqualTo(1);
        assertThat(new PublishedLog(BROKER.bootstrapServers()).records(Events.deadLetterTopic(CrawlLoop.SEEDS)))
                .allSatisfy(letter -> assertThat(
                                letter.headers().lastHeader(DeadLetters.SERVICE).value())
                        .asString()
                        .isEqualTo("crawler"));
    }

    /// What a process leaves behind that is killed when its index knows a record, and before the commit.
    @Test
    void aDeadLetterThatWasNotCommittedIsWrittenAfterAKill() throws Exception {
        String discovered = Events.topicName(UrlDiscovered.class);
        CrawlerRunner first = runner(Map.of());
        finished(first, "killed");
        first.stop(new ShutdownEvent());
        runners.clear();
        long before = letters(discovered);
        send(new ProducerRecord<>(discovered, "k", new byte[] {7, 8, 9}));
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", BROKER.bootstrapServers()));
                RocksIndexes indexes = RocksIndexes.open(data.resolve("frontier-0"))) {
            LogEnds ends = new LogEnds(admin);
            VisitedLog nothing = new VisitedLog(
                    () -> {
                        throw new AssertionError("no page was visited since");
                    },
                    Duration.ofSeconds(1));
            Frontiers frontiers = new Frontiers(indexes::index, nothing, ends, Frontier.Settings.USUAL);
            ends.ends(ends.partitions(List.of(discovered)))
                    .forEach((queue, end) -> offerNothing(frontiers, queue.partition(), end));
        }

        CrawlerRunner second = runner(Map.of());
        await().atMost(Duration.ofSeconds(20)).until(() -> letters(discovered) == before + 1);
        finished(second, "killed");
    }

    private static void offerNothing(Frontiers frontiers, int partition, long end) {
        try (Frontier frontier = frontiers.open(partition)) {
            frontier.offer(List.of(), end);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private long letters(String topic) {
        return new PublishedLog(BROKER.bootstrapServers())
                .records(Events.deadLetterTopic(topic))
                .size();
    }

    private List<PageFetched> published(String crawl) {
        return new PublishedLog(BROKER.bootstrapServers())
                .events(PageFetched.class).stream()
                        .filter(page -> page.getCrawlId().equals(crawl))
                        .toList();
    }

    private CrawlerRunner runner(Map<String, String> settings) throws Exception {
        CrawlerRunner runner = CrawlerProcess.runner(BROKER.bootstrapServers(), data, settings);
        runners.add(runner);
        runner.start(new StartupEvent());
        return runner;
    }

    private static int submit(CrawlerRunner runner, String crawl, String... seeds) throws Exception {
        List<NormalUrl> urls = java.util.Arrays.stream(seeds)
                .map(s -> NormalUrl.of(s).orElseThrow())
                .toList();
        return runner.crawls().submit(crawl, urls, List.of(), new Limits(16, 1000, Set.of()));
    }

    private static Progress finished(CrawlerRunner runner, String crawl) throws Exception {
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(20))
                .until(() -> runner.crawls().progress(crawl).idle());
        return runner.crawls().progress(crawl);
    }

    private static void send(ProducerRecord<String, byte[]> record) throws Exception {
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", BROKER.bootstrapServers()),
                new StringSerializer(),
                new ByteArraySerializer())) {
            producer.send(record).get(20, TimeUnit.SECONDS);
        }
    }
}
