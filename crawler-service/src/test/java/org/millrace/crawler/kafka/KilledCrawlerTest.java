package org.millrace.crawler.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.crawler.web.NormalUrl;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.CrawlSeeded;
import org.millrace.proto.events.v1.PageFetched;
import org.millrace.testkit.BrokerExtension;
import org.millrace.testkit.FixtureSite;

/// A process that is killed again and again, each time a few pages after its start.
class KilledCrawlerTest {

    private static final int KILLS = Integer.getInteger("millrace.kills", 20);
    private static final int EACH = 12;
    private static final Duration PATIENCE = Duration.ofMinutes(2); // of a machine that does much else
    private static final int PAGES = (KILLS + 1) * EACH + 120;

    @RegisterExtension
    static final BrokerExtension BROKER = new BrokerExtension();

    @Test
    void aKilledCrawlerLosesNothingAndRepeatsNothing(@TempDir Path data) throws Exception {
        Pages pages = new Pages(PAGES);
        Path log = data.resolve("crawler.log");
        try (FixtureSite site = pages.on(FixtureSite.start());
                var lives = new Lives(data, log)) {
            seed(site.url("/"));
            for (int kill = 1; kill <= KILLS; kill++) {
                int before = site.requests().size();
                Process crawler = lives.begin();
                try {
                    int enough = Math.max(kill * EACH, before + 2);
                    await().atMost(PATIENCE)
                            .pollInterval(Duration.ofMillis(10))
                            .until(() -> site.requests().size() > enough || !crawler.isAlive());
                    assertThat(crawler.isAlive()).as(() -> read(log)).isTrue();
                } finally {
                    crawler.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
                }
                assertThat(site.requests().stream().skip(before).map(FixtureSite.Request::path))
                        .as("of life %d", kill)
                        .anyMatch(path -> !path.equals("/robots.txt"));
                assertThat(fetched(site)).as("killed in the middle").isLessThan(PAGES); // and so fewer are published
            }

            delete(data.resolve("frontier-0")); // the last life has the log alone
            Process crawler = lives.begin();
            try {
                await().atMost(PATIENCE)
                        .pollInterval(Duration.ofMillis(200))
                        .until(() -> Set.copyOf(published()).size() == PAGES || !crawler.isAlive());
                assertThat(crawler.isAlive()).as(() -> read(log)).isTrue();
            } finally {
                crawler.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
            }

            assertThat(published()).containsExactlyInAnyOrderElementsOf(pages.urls(site));
            pages.urls(site).forEach(url -> assertThat(
                            site.count(NormalUrl.of(url).orElseThrow().path()))
                    .isBetween(1L, 1L + KILLS));
            assertThat(site.mostInFlight()).isEqualTo(1);
        }
    }

    /// The processes, one after the other. Two more get ready while one crawls: that takes most of what a start takes.
    private static final class Lives implements AutoCloseable {

        private final Path data;
        private final Path log;
        private final Deque<Process> ready = new ArrayDeque<>();
        private int left = KILLS + 1;

        Lives(Path data, Path log) {
            this.data = data;
            this.log = log;
        }

        Process begin() throws IOException {
            while (ready.size() < Math.min(left, 3)) {
                ready.add(CrawlerProcess.prepare(BROKER.bootstrapServers(), data, log));
            }
            left--;
            Process next = ready.remove();
            assertThat(next.isAlive()).as(() -> read(log)).isTrue(); // else it cannot be told to begin
            CrawlerProcess.begin(next);
            return next;
        }

        @Override
        public void close() throws InterruptedException {
            for (Process never : ready) {
                never.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
            }
        }
    }

    /// Pages that were asked for.
    private static long fetched(FixtureSite site) {
        return site.requests().stream()
                .map(FixtureSite.Request::path)
                .filter(path -> !path.equals("/robots.txt"))
                .distinct()
                .count();
    }

    private static List<String> published() {
        return new PublishedLog(BROKER.bootstrapServers())
                .events(PageFetched.class).stream().map(PageFetched::getUrl).toList();
    }

    /// As anybody may, without the crawler's gRPC.
    private static void seed(String url) throws Exception {
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", BROKER.bootstrapServers()),
                new StringSerializer(),
                new ByteArraySerializer())) {
            CrawlSeeded seed =
                    CrawlSeeded.newBuilder().setCrawlId("killed").setUrl(url).build();
            producer.send(new Events("test").record("any-key", seed)).get(20, TimeUnit.SECONDS);
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private static String read(Path log) {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            return "no log: " + e;
        }
    }
}
