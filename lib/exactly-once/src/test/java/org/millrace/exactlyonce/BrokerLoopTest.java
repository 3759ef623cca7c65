package org.millrace.exactlyonce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.DocumentCleaned;
import org.millrace.proto.events.v1.PageFetched;
import org.millrace.testkit.BrokerExtension;

/// What no mock can promise: exactly once on a real broker, whoever dies.
class BrokerLoopTest {

    @RegisterExtension
    final BrokerExtension broker = new BrokerExtension();

    private static final String OUT = Events.topicName(DocumentCleaned.class);
    private static final String LETTERS = Events.deadLetterTopic(Events.topicName(PageFetched.class));

    @Test
    void anInstanceThatWasReplacedIsFencedAndNothingOfItIsSeen() throws Exception {
        Log.publish(broker.bootstrapServers(), List.of(page("k", "k/0"), page("k", "k/1")));
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
                var reader = Log.reader(broker.bootstrapServers(), OUT)) {
            var zombie = new TransactionalLoop(zombieConsumer, zombieProducer, paused, Duration.ofMillis(100));
            CompletableFuture<Void> end = Log.start(zombie);
            await(inTransaction);
            var successor = new TransactionalLoop(consumer, producer, alive, Duration.ofMillis(100));
            CompletableFuture<Void> running = Log.start(successor);
            List<ConsumerRecord<String, byte[]>> documents = new ArrayList<>();
            Log.read(reader, documents, 2);
            replaced.countDown();

            assertThatThrownBy(() -> end.get(30, TimeUnit.SECONDS))
                    .rootCause()
                    .isInstanceOfAny(ProducerFencedException.class, InvalidProducerEpochException.class);
            Log.nothingMore(reader);
            assertThat(documents).hasSize(2);
            successor.stop();
            running.get(30, TimeUnit.SECONDS);
        }
    }

    /// Row A4: ten changes of the number of instances under load, none of which holds up the output for
    /// long. With `-Dmillrace.long=true` the same ten under ten times the records.
    @Test
    void instancesThatComeAndGoLoseNothingAndDoubleNothing() throws Exception {
        var pages = new NumberedPages(Size.of(8_000, 80_000), false);
        Log.publish(broker.bootstrapServers(), pages.records());
        List<ConsumerRecord<String, byte[]>> documents = new ArrayList<>();
        Deque<Instance> running = new ArrayDeque<>(List.of(new Instance("0")));
        long longestPause = 0;
        try (KafkaConsumer<String, byte[]> reader = Log.reader(broker.bootstrapServers(), OUT)) {
            Log.read(reader, documents, 1);
            int change = 0;
            for (char kind : "++-+--++--".toCharArray()) { // one to three at once
                change++;
                long started = System.nanoTime();
                if (kind == '+') {
                    running.add(new Instance("" + change));
                    await(running.getLast().hasPartitions);
                } else {
                    running.remove().stop();
                }
                int before = documents.size();
                Log.read(reader, documents, before + 1);
                longestPause = Math.max(longestPause, System.nanoTime() - started);
                Log.read(reader, documents, change * pages.count() / 12);
                assertThat(documents.size()).as("changed in the middle").isLessThan(pages.count());
            }
            Log.read(reader, documents, pages.count());
            Log.nothingMore(reader);
            for (Instance instance : running) {
                instance.stop();
            }
        }

        assertThat(documents)
                .extracting(
                        document -> Events.read(document, DocumentCleaned.class).getDocumentId())
                .doesNotHaveDuplicates()
                .hasSize(pages.count());
        assertThat(Duration.ofNanos(longestPause)).isLessThan(Duration.ofSeconds(5));
    }

    /// One of several instances of a service, in a thread of its own.
    private final class Instance {

        final CountDownLatch hasPartitions = new CountDownLatch(1);
        private final KafkaConsumer<String, byte[]> consumer;
        private final KafkaProducer<String, byte[]> producer;
        private final TransactionalLoop loop;
        private final CompletableFuture<Void> end;

        Instance(String name) {
            consumer = LoopProcess.consumer(broker.bootstrapServers(), name, 40);
            producer = LoopProcess.producer(broker.bootstrapServers(), name);
            consumer.subscribe(List.of(Events.topicName(PageFetched.class)), new ConsumerRebalanceListener() {
                @Override
                public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
                    // The loop finds out when it commits.
                }

                @Override
                public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
                    if (!partitions.isEmpty()) {
                        hasPartitions.countDown();
                    }
                }
            });
            loop = new TransactionalLoop(
                    consumer, producer, LoopProcess.slowly(Duration.ofMillis(15)), Duration.ofMillis(100));
            end = Log.start(loop);
        }

        void stop() throws Exception {
            loop.stop();
            end.get(30, TimeUnit.SECONDS);
            // A static member stays in the group when it closes, until its session ends, unless it says so.
            consumer.close(CloseOptions.groupMembershipOperation(GroupMembershipOperation.LEAVE_GROUP));
            producer.close();
        }
    }

    /// Row A5: a hundred of ten thousand records are poison of six kinds. Their values are compared by hash:
    /// together they have 170 MiB. With `-Dmillrace.long=true` also against the time of the good ones alone.
    @Test
    void poisonEndsInTheDeadLettersAndTheRestGoesOn() throws Exception {
        List<Poison> kinds = Poison.all();
        List<ProducerRecord<String, byte[]>> good = new NumberedPages(9_900, false).records();
        List<ProducerRecord<String, byte[]>> records = new ArrayList<>(good);
        List<String> sent = new ArrayList<>();
        for (int n = 0; n < 100; n++) {
            ProducerRecord<String, byte[]> poison = kinds.get(n % kinds.size()).record("poison " + n);
            sent.add(poison.key() + " " + hash(poison.value()));
            records.add(n * 100, poison);
        }
        Duration alone = Size.isLong() ? throughput(good, 0, letter -> {}) : Duration.ZERO;

        List<String> received = new ArrayList<>();
        Duration poisoned = throughput(records, 100, letter -> {
            received.add(letter.key() + " " + hash(letter.value()));
            for (String header : List.of("dlq_topic", "dlq_partition", "dlq_offset", "dlq_service", "dlq_reason")) {
                assertThat(letter.headers().lastHeader(header).value())
                        .as(header)
                        .isNotEmpty();
            }
        });

        assertThat(received).containsExactlyInAnyOrderElementsOf(sent);
        if (Size.isLong()) {
            System.out.printf("9,900 records in %s, with 100 of poison between them in %s%n", alone, poisoned);
            assertThat(poisoned).isLessThan(alone.multipliedBy(5).dividedBy(4));
        }
    }

    /// How long a service takes for the records. It must not end before.
    private Duration throughput(
            List<ProducerRecord<String, byte[]>> records,
            int letters,
            Consumer<ConsumerRecord<String, byte[]>> eachLetter)
            throws Exception {
        Log.publish(broker.bootstrapServers(), records);
        try (var consumer = LoopProcess.consumer(broker.bootstrapServers(), "0", 100);
                var producer = LoopProcess.producer(broker.bootstrapServers());
                var reader = Log.reader(broker.bootstrapServers(), OUT);
                var letterReader = Log.reader(broker.bootstrapServers(), LETTERS)) {
            reader.seekToEnd(reader.assignment());
            reader.assignment().forEach(reader::position);
            letterReader.seekToEnd(letterReader.assignment());
            letterReader.assignment().forEach(letterReader::position);
            consumer.subscribe(List.of(Events.topicName(PageFetched.class)));
            BatchTransform each = BatchTransform.each("cleaner", LoopProcess::clean);
            var loop = new TransactionalLoop(
                    consumer,
                    producer,
                    batch -> {
                        // Half of what the cleaner needs for a page; alone, the loop would be timed against nothing.
                        LockSupport.parkNanos(Size.isLong() ? batch.size() * 1_000_000L : 0);
                        return each.apply(batch);
                    },
                    Duration.ofMillis(100));
            long started = System.nanoTime();
            CompletableFuture<Void> running = Log.start(loop);
            List<ConsumerRecord<String, byte[]>> documents = new ArrayList<>();
            Log.read(reader, documents, records.size() - letters);
            Duration took = Duration.ofNanos(System.nanoTime() - started);
            int read = 0;
            long deadline = System.nanoTime() + Duration.ofSeconds(120).toNanos();
            while (read < letters && System.nanoTime() < deadline) {
                for (ConsumerRecord<String, byte[]> letter : letterReader.poll(Duration.ofMillis(50))) {
                    eachLetter.accept(letter);
                    read++;
                }
            }
            assertThat(running).as("the loop").isNotDone();
            loop.stop();
            running.get(30, TimeUnit.SECONDS);
            assertThat(documents).hasSize(records.size() - letters);
            assertThat(read).isEqualTo(letters);
            // behind the last record of a partition lies at most the mark of the publisher's transaction
            consumer.endOffsets(consumer.assignment())
                    .forEach((partition, end) ->
                            assertThat(committed(consumer, partition)).isBetween(end - 1, end));
            return took;
        }
    }

    private static String hash(byte @Nullable [] value) {
        return value == null ? "none" : value.length + " bytes, " + Arrays.hashCode(value);
    }

    private static ProducerRecord<String, byte[]> page(String key, String url) {
        return NumberedPages.page(key, url);
    }

    private KafkaConsumer<String, byte[]> assigned() {
        var consumer = LoopProcess.consumer(broker.bootstrapServers(), "0", 40);
        consumer.assign(consumer.partitionsFor(Events.topicName(PageFetched.class)).stream()
                .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                .toList());
        return consumer;
    }

    private static long committed(KafkaConsumer<String, byte[]> consumer, TopicPartition partition) {
        OffsetAndMetadata position = consumer.committed(Set.of(partition)).get(partition);
        return position == null ? 0 : position.offset();
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted", e);
        }
    }
}
