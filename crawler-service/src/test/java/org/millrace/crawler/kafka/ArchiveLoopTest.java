package org.millrace.crawler.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.millrace.archives.Bounds;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.crawler.archive.ArchiveSources;
import org.millrace.crawler.manners.Manners;
import org.millrace.crawler.web.Room;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.CrawlSeeded;
import org.millrace.proto.events.v1.PageFetched;

class ArchiveLoopTest {

    private static final TopicPartition SEEDS = new TopicPartition(CrawlLoop.SEEDS, 0);
    private static final String LETTERS = Events.deadLetterTopic(CrawlLoop.SEEDS);

    @TempDir
    private Path folder;

    private final AtomicInteger polls = new AtomicInteger();
    private final MockConsumer<String, byte[]> consumer = new MockConsumer<>("earliest") {
        @Override
        public synchronized ConsumerRecords<String, byte[]> poll(Duration timeout) {
            polls.incrementAndGet();
            return super.poll(timeout);
        }
    };
    private final MockProducer<String, byte[]> producer =
            new MockProducer<>(true, null, new StringSerializer(), new ByteArraySerializer());

    @Test
    void theGroupHearsOfAReaderThatTakesLong() throws Exception {
        CountDownLatch arrived = new CountDownLatch(1);
        InputStream slow = new InputStream() {
            private final InputStream whole = bytes(page("/a", "short") + page("/b", "short"));

            @Override
            public int read() throws IOException {
                try {
                    assertThat(arrived.await(30, TimeUnit.SECONDS)).isTrue();
                } catch (InterruptedException e) {
                    throw new IOException("interrupted", e);
                }
                return whole.read();
            }
        };
        ArchiveLoop loop = loop(slow);
        try (ExecutorService threads = Executors.newSingleThreadExecutor()) {
            Future<?> run = threads.submit(loop);
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> !consumer.paused().isEmpty());
            int before = polls.get();
            await().atMost(Duration.ofSeconds(20)).until(() -> polls.get() > before + 2);
            assertThat(producer.commitCount()).isZero();

            arrived.countDown();
            await().atMost(Duration.ofSeconds(20)).until(() -> committed().offset() == 1);
            loop.stop();
            run.get(20, TimeUnit.SECONDS);
        }
        assertThat(topics()).containsExactly("pages.fetched.v1", "pages.fetched.v1");
    }

    @Test
    void aStoreThatFailsStopsTheLoopAndTheArchiveIsReadAgain() throws Exception {
        ArchiveLoop loop = loop(bytes(page("/a", "short") + page("/large", "x".repeat(300_000))));
        Files.delete(folder.resolve("artifacts/sha256"));
        Files.write(folder.resolve("artifacts/sha256"), new byte[1]); // a file where the store's folder was

        assertThatThrownBy(loop::run)
                .isInstanceOf(ArchiveReading.StoreFailed.class)
                .hasMessage("the artifact store failed");
        assertThat(producer.history()).isEmpty();
        assertThat(producer.commitCount()).isZero();
    }

    @ParameterizedTest
    @MethodSource
    void pagesBeforeABreakArePublishedWithTheLetter(Exception failure) throws Exception {
        InputStream breaks = new SequenceInputStream(
                bytes(page("/a", "short") + page("/b", "short") + page("/c", "short")), new InputStream() {
                    @Override
                    public int read() throws IOException {
                        if (failure instanceof RuntimeException unchecked) {
                            throw unchecked;
                        }
                        throw new IOException(failure);
                    }
                });
        ArchiveLoop loop = loop(breaks);
        try (ExecutorService threads = Executors.newSingleThreadExecutor()) {
            Future<?> run = threads.submit(loop);
            await().atMost(Duration.ofSeconds(20)).until(() -> committed().offset() == 1);
            loop.stop();
            run.get(20, TimeUnit.SECONDS);
        }
        assertThat(topics())
                .as("the third may not be whole")
                .containsExactly("pages.fetched.v1", "pages.fetched.v1", LETTERS);
    }

    static List<Exception> pagesBeforeABreakArePublishedWithTheLetter() {
        return List.of(
                new IOException("the line is cut"),
                new NumberFormatException("99999999999"),
                new UncheckedIOException(new IOException("of somebody else")));
    }

    @Test
    void whatAPageAsksOfRobotsIsHeededWhereverItCameFrom() throws Exception {
        String pages = page("/kept", "words")
                + page("/meta", "<meta name=robots content=noindex>")
                + page("/noai", "X-Robots-Tag: noai\r\n", "words")
                + page("/reserved", "tdm-reservation: 1\r\n", "words")
                + page("/expired", "X-Robots-Tag: unavailable_after: 2026-02-01\r\n", "words");
        ArchiveLoop loop = loop(bytes(pages));
        try (ExecutorService threads = Executors.newSingleThreadExecutor()) {
            Future<?> run = threads.submit(loop);
            await().atMost(Duration.ofSeconds(20)).until(() -> committed().offset() == 1);
            loop.stop();
            run.get(20, TimeUnit.SECONDS);
        }
        List<PageFetched.Outcome> outcomes = new ArrayList<>();
        for (ProducerRecord<String, byte[]> record : producer.history()) {
            outcomes.add(PageFetched.parseFrom(record.value()).getOutcome());
        }
        assertThat(outcomes)
                .containsExactly(
                        PageFetched.Outcome.OUTCOME_FETCHED,
                        PageFetched.Outcome.OUTCOME_DISALLOWED,
                        PageFetched.Outcome.OUTCOME_DISALLOWED,
                        PageFetched.Outcome.OUTCOME_DISALLOWED,
                        PageFetched.Outcome.OUTCOME_DISALLOWED);
    }

    /// A service of a small heap would end, at each start anew.
    @Test
    void aPageWhoseMarkupTakesMoreMemoryThanThereIsFails() throws Exception {
        ArchiveLoop loop = loop(bytes(page("/deep", "<b>".repeat(40_000)) + page("/a", "short")));
        try (ExecutorService threads = Executors.newSingleThreadExecutor()) {
            Future<?> run = threads.submit(loop);
            await().atMost(Duration.ofSeconds(20)).until(() -> committed().offset() == 1);
            loop.stop();
            run.get(20, TimeUnit.SECONDS);
        }
        assertThat(PageFetched.parseFrom(producer.history().get(0).value()))
                .returns(PageFetched.Outcome.OUTCOME_FAILED, PageFetched::getOutcome)
                .returns("markup: reading it would take 5 MiB of memory", PageFetched::getDetail);
        assertThat(PageFetched.parseFrom(producer.history().get(1).value()).getOutcome())
                .isEqualTo(PageFetched.Outcome.OUTCOME_FETCHED);
    }

    private ArchiveLoop loop(InputStream archive) throws IOException {
        consumer.schedulePollTask(() -> {
            consumer.rebalance(List.of(SEEDS));
            consumer.updateBeginningOffsets(Map.of(SEEDS, 0L));
            CrawlSeeded seed = CrawlSeeded.newBuilder()
                    .setCrawlId("archived")
                    .setUrl("https://example.org/")
                    .setArchive("https://example.org/a.warc")
                    .build();
            ProducerRecord<String, byte[]> record = new Events("test").record("k", seed);
            consumer.addRecord(new ConsumerRecord<>(
                    SEEDS.topic(),
                    0,
                    0,
                    0L,
                    org.apache.kafka.common.record.TimestampType.CREATE_TIME,
                    0,
                    0,
                    record.key(),
                    record.value(),
                    record.headers(),
                    java.util.Optional.empty()));
        });
        ArtifactStore store = ArtifactStore.open(folder.resolve("artifacts").toUri(), folder.resolve("cache"));
        return new ArchiveLoop(
                consumer,
                producer,
                new ArchivePages(
                        new Records(store, 16, 1_000),
                        Manners.of("millrace"),
                        new Room(0, 1 << 20, 4 << 20, Duration.ZERO),
                        java.time.Clock.systemUTC()),
                new ArchiveSources(List.of(), _ -> archive, new Bounds(1 << 20, Bounds.HEAD)));
    }

    private OffsetAndMetadata committed() {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        producer.consumerGroupOffsetsHistory().forEach(group -> group.values().forEach(offsets::putAll));
        return offsets.getOrDefault(SEEDS, new OffsetAndMetadata(0));
    }

    private List<String> topics() {
        return producer.history().stream().map(ProducerRecord::topic).toList();
    }

    private static InputStream bytes(String text) {
        return new ByteArrayInputStream(text.getBytes(UTF_8));
    }

    private static String page(String path, String text) {
        return page(path, "", text);
    }

    private static String page(String path, String headers, String text) {
        String http = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n%s\r\n<p>%s</p>".formatted(headers, text);
        return """
                WARC/1.1\r
                WARC-Type: response\r
                WARC-Target-URI: https://example.org%s\r
                WARC-Date: 2026-01-02T03:04:05Z\r
                Content-Type: application/http; msgtype=response\r
                Content-Length: %d\r
                \r
                %s\r
                \r
                """.formatted(path, http.length(), http);
    }
}
