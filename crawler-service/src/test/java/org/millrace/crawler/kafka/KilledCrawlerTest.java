package org.millrace.crawler.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
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
    private static final int PAGES = (KILLS + 1) * EACH + 40;

    @RegisterExtension
    static final BrokerExtension BROKER = new BrokerExtension();

    @Test
    void aKilledCrawlerLosesNothingAndRepeatsNothing(@TempDir Path data) throws Exception {
        Pages pages = new Pages(PAGES);
        Path log = data.resolve("crawler.log");
        try (FixtureSite site = pages.on(FixtureSite.start())) {
            seed(site.url("/"));
            for (int kill = 1; kill <= KILLS; kill++) {
                Process crawler = CrawlerProcess.start(BROKER.bootstrapServers(), data, log);
                try {
                    int enough = kill * EACH;
                    await().atMost(Duration.ofSeconds(60))
                            .pollInterval(Duration.ofMillis(10))
                            .until(() -> site.requests().size() > enough || !crawler.isAlive());
                    assertThat(crawler.isAlive()).as(() -> read(log)).isTrue();
                } finally {
                    crawler.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
                }
                assertThat(published()).as("killed in the middle").hasSizeLessThan(PAGES);
            }

            delete(data.resolve("frontier-0")); // the last life has the log alone
            Process crawler = CrawlerProcess.start(BROKER.bootstrapServers(), data, log);
            try {
                await().atMost(Duration.ofSeconds(60))
                        .pollInterval(Duration.ofMillis(20))
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
