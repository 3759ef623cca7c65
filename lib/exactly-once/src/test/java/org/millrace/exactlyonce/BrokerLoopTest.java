package org.millrace.exactlyonce;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.DocumentCleaned;
import org.millrace.proto.events.v1.DocumentDropped;
import org.millrace.proto.events.v1.PageFetched;
import org.millrace.testkit.BrokerExtension;

/// What no mock can promise: exactly once on a real broker, whoever dies.
class BrokerLoopTest {

    @RegisterExtension
    final BrokerExtension broker = new BrokerExtension();

    private static final int RECORDS = 5_000;
    private static final int KEYS = 20;
    private static final int KILLS = 4;
    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static final String OUT = Events.topicName(DocumentCleaned.class);
    private static final String LETTERS = Events.deadLetterTopic(Events.topicName(PageFetched.class));

    private final Events events = new Events("test");

    @Test
    void aProcessKilledAgainAndAgainLosesNothingAndDoublesNothing(@TempDir Path logs) throws Exception {
        publish(numberedPages());
        Process process = fork(logs.resolve("0.log"));
        List<ConsumerRecord<String, byte[]>> documents = new ArrayList<>();
        try (KafkaConsumer<String, byte[]> reader = reader(OUT)) {
            for (int kill = 1; kill <= KILLS; kill++) {
                read(reader, documents, kill * RECORDS / (KILLS + 1));
                assertThat(documents.size()).isLessThan(RECORDS - RECORDS / 20);
                process.destroyForcibly().waitFor();
                process = fork(logs.resolve(kill + ".log"));
            }
            read(reader, documents, RECORDS - RECORDS / 100);
            try (KafkaConsumer<String, byte[]> letterReader = reader(LETTERS)) {
                List<ConsumerRecord<String, byte[]>> letters = new ArrayList<>();
                read(letterReader, letters, RECORDS / 100);
                nothingMore(letterReader);
                assertThat(letters).extracting(ConsumerRecord::key).doesNotHaveDuplicates();
            }
            nothingMore(reader);
        } finally {
            process.destroyForcibly().waitFor();
        }

        Map<String, List<Integer>> numbers = new HashMap<>();
        for (ConsumerRecord<String, byte[]> document : documents) {
            String id = Events.read(document, DocumentCleaned.class).getDocumentId();
            numbers.computeIfAbsent(id.substring(0, id.indexOf('/')), key -> new ArrayList<>())
                    .add(Integer.parseInt(id.substring(id.indexOf('/') + 1)));
        }
        for (int key = 0; key < KEYS; key++) {
            int first = key;
            assertThat(numbers.get("k" + key))
                    .containsExactlyElementsOf(Stream.iterate(first, n -> n < RECORDS, n -> n + KEYS)
                            .filter(n -> n % 100 != 99)
                            .toList());
        }
    }

    @Test
    void anInstanceThatWasReplacedIsFencedAndNothingOfItIsSeen() throws Exception {
        publish(List.of(page("k", "k/0"), page("k", "k/1")));
        var inTransaction = new CountDownLatch(1);
        var replaced = new CountDownLatch(1);
        BatchTransform paused = batch -> {
            List<ProducerRecord<String, byte[]>> output =
                    BatchTransform.each("zombie", LoopProcess::clean).apply(batch);
            inTransaction.countDown();
            await(replaced);
            return output;
        };
        BatchTransform alive = BatchTransform.each("successor", LoopProcess::clean);

        try (var zombieConsumer = assigned();
                var zombieProducer = LoopProcess.producer(broker.bootstrapServers());
                var consumer = assigned();
                var producer = LoopProcess.producer(broker.bootstrapServers());
                var reader = reader(OUT)) {
            var zombie = new TransactionalLoop(zombieConsumer, zombieProducer, paused, Duration.ofMillis(100));
            CompletableFuture<Void> end = start(zombie);
            await(inTransaction);
            var successor = new TransactionalLoop(consumer, producer, alive, Duration.ofMillis(100));
            CompletableFuture<Void> running = start(successor);
            List<ConsumerRecord<String, byte[]>> documents = new ArrayList<>();
            read(reader, documents, 2);
            replaced.countDown();

            assertThatThrownBy(() -> end.get(30, TimeUnit.SECONDS))
                    .rootCause()
                    .isInstanceOfAny(ProducerFencedException.class, InvalidProducerEpochException.class);
            nothingMore(reader);
            assertThat(documents).hasSize(2);
            successor.stop();
            running.get(30, TimeUnit.SECONDS);
        }
    }

    @Test
    void instancesThatComeAndGoLoseNothingAndDoubleNothing() throws Exception {
        publish(numberedPages());
        List<ConsumerRecord<String, byte[]>> documents = new ArrayList<>();
        try (KafkaConsumer<String, byte[]> reader = reader(OUT)) {
            Instance first = new Instance("a");
            read(reader, documents, RECORDS / 5);
            Instance second = new Instance("b");
            await(second.hasWorked);
            first.stop();
            read(reader, documents, 3 * RECORDS / 5);
            Instance third = new Instance("c");
            await(third.hasWorked);
            read(reader, documents, RECORDS - RECORDS / 100);
            nothingMore(reader);
            second.stop();
            third.stop();
        }

        assertThat(documents)
                .extracting(
                        document -> Events.read(document, DocumentCleaned.class).getDocumentId())
                .doesNotHaveDuplicates()
                .hasSize(RECORDS - RECORDS / 100);
    }

    /// One of several instances of a service, in a thread of its own.
    private final class Instance {

        final CountDownLatch hasWorked = new CountDownLatch(1);
        private final KafkaConsumer<String, byte[]> consumer = LoopProcess.consumer(broker.bootstrapServers());
        private final KafkaProducer<String, byte[]> producer;
        private final TransactionalLoop loop;
        private final CompletableFuture<Void> end;

        Instance(String name) {
            Map<String, Object> settings = new HashMap<>(TransactionalLoop.producerSettings("small-cleaner-" + name));
            settings.put("bootstrap.servers", broker.bootstrapServers());
            producer = new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
            consumer.subscribe(List.of(Events.topicName(PageFetched.class)));
            BatchTransform slowly = LoopProcess.slowly();
            loop = new TransactionalLoop(
                    consumer,
                    producer,
                    batch -> {
                        hasWorked.countDown();
                        return slowly.apply(batch);
                    },
                    Duration.ofMillis(100));
            end = start(loop);
        }

        void stop() throws Exception {
            loop.stop();
            end.get(30, TimeUnit.SECONDS);
            consumer.close();
            producer.close();
        }
    }

    @Test
    void poisonEndsInTheDeadLettersAndTheRestGoesOn() throws Exception {
        var random = new Random(3);
        byte[] whole = page("k", "k/0").value();
        byte[] deep = new byte[200_000];
        Arrays.fill(deep, 0, 100_000, (byte) 0x0b);
        Arrays.fill(deep, 100_000, 200_000, (byte) 0x0c);
        byte[] noise = new byte[300];
        random.nextBytes(noise);
        Map<String, byte @org.jspecify.annotations.Nullable []> poison = new HashMap<>();
        poison.put("truncated", Arrays.copyOf(whole, whole.length - 1));
        poison.put("random", noise);
        poison.put("empty", new byte[0]);
        poison.put("deep", deep);
        poison.put("tombstone", null);
        poison.put("ten mebibytes", "x".repeat(10 << 20).getBytes(UTF_8));
        List<ProducerRecord<String, byte[]>> records = new ArrayList<>();
        poison.forEach((name, bytes) -> {
            records.add(page("good", "good/" + name));
            records.add(new ProducerRecord<>(Events.topicName(PageFetched.class), name, bytes));
        });
        ProducerRecord<String, byte[]> wrong = events.record(
                "wrong type", DocumentDropped.newBuilder().setUrl("u").build());
        records.add(new ProducerRecord<>(
                Events.topicName(PageFetched.class), null, wrong.key(), wrong.value(), wrong.headers()));
        records.add(page("good", "good/last"));
        publish(records);

        List<ConsumerRecord<String, byte[]>> documents = new ArrayList<>();
        List<ConsumerRecord<String, byte[]>> letters = new ArrayList<>();
        try (var consumer = LoopProcess.consumer(broker.bootstrapServers());
                var producer = LoopProcess.producer(broker.bootstrapServers());
                var reader = reader(OUT);
                var letterReader = reader(LETTERS)) {
            consumer.subscribe(List.of(Events.topicName(PageFetched.class)));
            var loop = new TransactionalLoop(
                    consumer, producer, BatchTransform.each("cleaner", LoopProcess::clean), Duration.ofMillis(100));
            CompletableFuture<Void> running = start(loop);
            read(reader, documents, poison.size() + 1);
            read(letterReader, letters, poison.size() + 1);
            loop.stop();
            running.get(30, TimeUnit.SECONDS);
            consumer.endOffsets(consumer.assignment())
                    .forEach((partition, end) ->
                            assertThat(committed(consumer, partition)).isEqualTo(end));
        }

        assertThat(documents).hasSize(poison.size() + 1);
        assertThat(letters).hasSize(poison.size() + 1);
        for (ConsumerRecord<String, byte[]> letter : letters) {
            if (!letter.key().equals("wrong type")) {
                assertThat(letter.value()).isEqualTo(poison.get(letter.key()));
            }
            for (String header : List.of("dlq_topic", "dlq_partition", "dlq_offset", "dlq_service", "dlq_reason")) {
                assertThat(letter.headers().lastHeader(header).value())
                        .as(header)
                        .isNotEmpty();
            }
        }
    }

    private List<ProducerRecord<String, byte[]>> numberedPages() {
        List<ProducerRecord<String, byte[]>> pages = new ArrayList<>();
        for (int n = 0; n < RECORDS; n++) {
            String key = "k" + n % KEYS;
            pages.add(
                    n % 100 == 99
                            ? new ProducerRecord<>(Events.topicName(PageFetched.class), "bad " + n, new byte[] {1})
                            : page(key, key + "/" + n));
        }
        return pages;
    }

    private ProducerRecord<String, byte[]> page(String key, String url) {
        return events.record(key, PageFetched.newBuilder().setUrl(url).build());
    }

    @SuppressWarnings("FutureReturnValueIgnored") // the commit fails if a send did
    private void publish(List<ProducerRecord<String, byte[]>> records) {
        Map<String, Object> settings = new HashMap<>(TransactionalLoop.producerSettings("publisher"));
        settings.put("bootstrap.servers", broker.bootstrapServers());
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            producer.beginTransaction();
            records.forEach(producer::send);
            producer.commitTransaction();
        }
    }

    private Process fork(Path log) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LoopProcess.class.getName(),
                        broker.bootstrapServers())
                .redirectErrorStream(true)
                .redirectOutput(new File(log.toString()))
                .start();
    }

    /// The common pool may have a single thread, and a loop keeps it.
    private static CompletableFuture<Void> start(TransactionalLoop loop) {
        return CompletableFuture.runAsync(
                loop, work -> Thread.ofPlatform().daemon().start(work));
    }

    private KafkaConsumer<String, byte[]> assigned() {
        var consumer = LoopProcess.consumer(broker.bootstrapServers());
        consumer.assign(consumer.partitionsFor(Events.topicName(PageFetched.class)).stream()
                .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                .toList());
        return consumer;
    }

    private KafkaConsumer<String, byte[]> reader(String topic) {
        var reader = new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers",
                        broker.bootstrapServers(),
                        "isolation.level",
                        "read_committed",
                        "fetch.max.wait.ms",
                        50,
                        "auto.offset.reset",
                        "earliest"),
                new StringDeserializer(),
                new ByteArrayDeserializer());
        reader.assign(reader.partitionsFor(topic).stream()
                .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                .toList());
        return reader;
    }

    private static long committed(KafkaConsumer<String, byte[]> consumer, TopicPartition partition) {
        OffsetAndMetadata position = consumer.committed(Set.of(partition)).get(partition);
        return position == null ? 0 : position.offset();
    }

    private static void read(
            KafkaConsumer<String, byte[]> reader, List<ConsumerRecord<String, byte[]>> into, int expected) {
        long end = System.nanoTime() + DEADLINE.toNanos();
        while (into.size() < expected && System.nanoTime() < end) {
            reader.poll(Duration.ofMillis(50)).forEach(into::add);
        }
        assertThat(into.size()).isGreaterThanOrEqualTo(expected);
    }

    private static void nothingMore(KafkaConsumer<String, byte[]> reader) {
        assertThat(reader.poll(Duration.ofSeconds(1))).isEmpty();
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted", e);
        }
    }
}
