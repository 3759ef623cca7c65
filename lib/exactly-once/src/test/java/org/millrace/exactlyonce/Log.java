package org.millrace.exactlyonce;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/// A broker's log as tests fill it and read it: whole transactions, within a deadline.
final class Log {

    private static final Duration DEADLINE = Duration.ofSeconds(120);

    private Log() {}

    /// Publishes all in one transaction.
    @SuppressWarnings("FutureReturnValueIgnored") // the commit fails if a send did
    static void publish(String bootstrapServers, List<ProducerRecord<String, byte[]>> records) {
        Map<String, Object> settings = new HashMap<>(TransactionalLoop.producerSettings("publisher"));
        settings.put("bootstrap.servers", bootstrapServers);
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            producer.beginTransaction();
            records.forEach(producer::send);
            producer.commitTransaction();
        }
    }

    /// At the beginning of a topic.
    static KafkaConsumer<String, byte[]> reader(String bootstrapServers, String topic) {
        var reader = new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers",
                        bootstrapServers,
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

    static void read(KafkaConsumer<String, byte[]> reader, List<ConsumerRecord<String, byte[]>> into, int expected) {
        long end = System.nanoTime() + DEADLINE.toNanos();
        while (into.size() < expected && System.nanoTime() < end) {
            reader.poll(Duration.ofMillis(50)).forEach(into::add);
        }
        assertThat(into.size()).isGreaterThanOrEqualTo(expected);
    }

    static void nothingMore(KafkaConsumer<String, byte[]> reader) {
        assertThat(reader.poll(Duration.ofSeconds(1))).isEmpty();
    }

    /// In a thread of its own: the common pool may have a single one, and a loop keeps it.
    static CompletableFuture<Void> start(Runnable loop) {
        return CompletableFuture.runAsync(
                loop, work -> Thread.ofPlatform().daemon().start(work));
    }
}
