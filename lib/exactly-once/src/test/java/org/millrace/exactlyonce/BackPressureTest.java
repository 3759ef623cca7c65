package org.millrace.exactlyonce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.DocumentCleaned;
import org.millrace.proto.events.v1.PageFetched;
import org.millrace.testkit.BrokerExtension;

/// Row A9 of `docs/faults.md`: what waits for a slow reader stays on the log, and the reader knows how much
/// it is. 40 MB wait for a process with a heap of 32 MB; with `-Dmillrace.long=true` 600 MB.
class BackPressureTest {

    @RegisterExtension
    static final BrokerExtension BROKER = new BrokerExtension();

    private static final int RECORDS = Size.of(2_000, 30_000);
    private static final int BODY_BYTES = 20_000;
    private static final String IN = Events.topicName(PageFetched.class);
    private static final String OUT = Events.topicName(DocumentCleaned.class);

    @BeforeAll
    static void fill() {
        Random random = new Random(1);
        for (int part = 0; part < RECORDS; part += 1_000) {
            List<ProducerRecord<String, byte[]>> pages = new ArrayList<>();
            for (int n = part; n < part + 1_000; n++) {
                byte[] body = new byte[BODY_BYTES]; // does not compress
                random.nextBytes(body);
                pages.add(NumberedPages.page("k" + n, "k/" + n, body));
            }
            Log.publish(BROKER.bootstrapServers(), pages);
        }
    }

    /// A millisecond a record: a publisher writes the same in a hundredth of the time.
    @Test
    void aSlowReaderOfMoreThanItsHeapHoldsGetsThroughAll(@TempDir Path folder) throws Exception {
        File log = folder.resolve("reader.log").toFile();
        Process slow = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx32m",
                        "-XX:+UseSerialGC",
                        "-XX:+ExitOnOutOfMemoryError",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LoopProcess.class.getName(),
                        BROKER.bootstrapServers(),
                        "40",
                        "40000")
                .redirectErrorStream(true)
                .redirectOutput(log)
                .start();
        try (KafkaConsumer<String, byte[]> reader = Log.reader(BROKER.bootstrapServers(), OUT)) {
            List<ConsumerRecord<String, byte[]>> documents = new ArrayList<>();
            Log.read(reader, documents, RECORDS);

            assertThat(slow.isAlive()).as(Files.readString(log.toPath())).isTrue();
            assertThat(documents).hasSize(RECORDS);
        } finally {
            slow.destroyForcibly().waitFor();
        }
    }

    @Test
    void theLagIsWhatIsOnTheLogAndNotCommitted() throws Exception {
        Semaphore batches = new Semaphore(0);
        try (var consumer = assigned();
                var producer = LoopProcess.producer(BROKER.bootstrapServers(), "lag");
                var observer = observer(1)) {
            var loop = new TransactionalLoop(
                    consumer,
                    producer,
                    batch -> {
                        batches.acquireUninterruptibly();
                        return List.of();
                    },
                    Duration.ofMillis(50));
            CompletableFuture<Void> running = Log.start(loop);

            for (int done = 0; done < 10; done++) {
                batches.release();
                await().atMost(Duration.ofSeconds(20))
                        .pollDelay(Duration.ZERO)
                        .pollInterval(Duration.ofMillis(5))
                        .untilAsserted(() -> {
                            assertThat(batches.availablePermits()).isZero();
                            assertThat(loop.lag()).isPositive().isEqualTo(notCommitted(observer));
                        });
            }
            batches.release(1_000_000);
            await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
                assertThat(loop.lag()).isZero();
                assertThat(notCommitted(observer)).isLessThan(RECORDS / 100);
            });
            loop.stop();
            running.get(30, TimeUnit.SECONDS);
        }
    }

    /// From the beginning, and no member of the group.
    private static KafkaConsumer<String, byte[]> assigned() {
        var consumer = observer(100);
        consumer.assign(partitions(consumer));
        consumer.seekToBeginning(consumer.assignment());
        return consumer;
    }

    /// Of a group without members.
    private static KafkaConsumer<String, byte[]> observer(int recordsABatch) {
        Map<String, Object> settings = new HashMap<>(TransactionalLoop.consumerSettings("lag"));
        settings.put("bootstrap.servers", BROKER.bootstrapServers());
        settings.put("max.poll.records", recordsABatch);
        return new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer());
    }

    private static long notCommitted(KafkaConsumer<String, byte[]> observer) {
        List<TopicPartition> partitions = partitions(observer);
        Map<TopicPartition, OffsetAndMetadata> committed = observer.committed(Set.copyOf(partitions));
        return observer.endOffsets(partitions).entrySet().stream()
                .mapToLong(end -> {
                    OffsetAndMetadata done = committed.get(end.getKey());
                    return end.getValue() - (done == null ? 0 : done.offset());
                })
                .sum();
    }

    private static List<TopicPartition> partitions(KafkaConsumer<String, byte[]> consumer) {
        return consumer.partitionsFor(IN).stream()
                .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                .toList();
    }
}
