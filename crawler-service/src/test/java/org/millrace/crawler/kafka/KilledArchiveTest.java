package org.millrace.crawler.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.CrawlSeeded;
import org.millrace.proto.events.v1.PageFetched;
import org.millrace.testkit.BrokerExtension;

class KilledArchiveTest {

    private static final int PAGES = 1_500;

    @RegisterExtension
    static final BrokerExtension BROKER = new BrokerExtension();

    @TempDir
    Path data;

    @Test
    void anArchiveIsPublishedOnceThoughItsReaderIsKilled() throws Exception {
        Path folder = Files.createDirectories(data.resolve("archives"));
        Path archive = write(folder.resolve("a.warc.gz"));
        seed(archive.toUri().toString());
        seed(data.resolve("nowhere.warc.gz").toUri().toString());
        Process killed = start();
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(5))
                .until(() -> !published().isEmpty() || !killed.isAlive());
        killed.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        assertThat(published()).as("killed in the middle").isNotEmpty().hasSizeLessThan(PAGES);

        Process crawler = start();
        try {
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> Set.copyOf(published()).size() == PAGES && letters() == 1 || !crawler.isAlive());
            assertThat(crawler.isAlive()).as(() -> read(data.resolve("log"))).isTrue();
        } finally {
            crawler.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        }

        assertThat(published())
                .isEqualTo(IntStream.range(0, PAGES)
                        .mapToObj(KilledArchiveTest::url)
                        .toList());
        assertThat(letters()).isEqualTo(1);
    }

    private Process start() throws IOException {
        return new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-Xmx160m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ArchiveProcess.class.getName(),
                        BROKER.bootstrapServers(),
                        data.toString())
                .redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(data.resolve("log").toFile()))
                .start();
    }

    private static Path write(Path file) throws IOException {
        try (OutputStream out = Files.newOutputStream(file)) {
            for (int i = 0; i < PAGES; i++) {
                String http = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>Page %d</p>".formatted(i);
                String record = """
                        WARC/1.1\r
                        WARC-Type: response\r
                        WARC-Target-URI: %s\r
                        WARC-Date: 2026-01-02T03:04:05Z\r
                        Content-Type: application/http; msgtype=response\r
                        Content-Length: %d\r
                        \r
                        %s\r
                        \r
                        """.formatted(url(i), http.length(), http);
                ByteArrayOutputStream member = new ByteArrayOutputStream();
                try (GZIPOutputStream gzip = new GZIPOutputStream(member)) {
                    gzip.write(record.getBytes(UTF_8));
                }
                out.write(member.toByteArray());
            }
        }
        return file;
    }

    private static String url(int i) {
        return "https://example.org/" + i;
    }

    /// They lie in the partitions of their URLs, so their order is made again by their numbers.
    private static List<String> published() {
        return new PublishedLog(BROKER.bootstrapServers())
                .events(PageFetched.class).stream()
                        .map(PageFetched::getUrl)
                        .sorted(Comparator.comparingInt(
                                url -> Integer.parseInt(url.substring(url.lastIndexOf('/') + 1))))
                        .toList();
    }

    private static int letters() {
        return new PublishedLog(BROKER.bootstrapServers())
                .records(Events.deadLetterTopic(CrawlLoop.SEEDS))
                .size();
    }

    private static void seed(String archive) throws Exception {
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", BROKER.bootstrapServers()),
                new StringSerializer(),
                new ByteArraySerializer())) {
            CrawlSeeded seed = CrawlSeeded.newBuilder()
                    .setCrawlId("archived")
                    .setUrl("https://example.org/")
                    .setArchive(archive)
                    .build();
            producer.send(new Events("test").record("any-key", seed)).get(20, TimeUnit.SECONDS);
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
