package org.millrace.cli.data.kafka;

import com.google.protobuf.Message;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.jspecify.annotations.Nullable;
import org.millrace.events.BadRecord;
import org.millrace.events.Events;

/// Reads topics from their beginning to where they end now (or a little further), committed records
/// only, without a group and without leaving a trace.
final class TopicScan implements AutoCloseable {

    /// Without any record for so long, the broker is in trouble.
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final KafkaConsumer<String, byte[]> consumer;
    private long unreadable;

    TopicScan(String bootstrap) {
        consumer = new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers",
                        bootstrap,
                        "isolation.level",
                        "read_committed",
                        "enable.auto.commit",
                        false,
                        "auto.offset.reset",
                        "earliest", // what expires while it is read
                        "allow.auto.create.topics",
                        false,
                        "default.api.timeout.ms",
                        (int) PATIENCE.toMillis(),
                        "max.poll.records",
                        5_000),
                new StringDeserializer(),
                new ByteArrayDeserializer());
    }

    /// @param each takes the key and the event; no event is a tombstone
    /// @throws TimeoutException if the broker stops to answer
    <M extends Message> void read(Class<M> type, BiConsumer<String, @Nullable M> each) {
        String topic = Events.topicName(type);
        List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                .map(info -> new TopicPartition(topic, info.partition()))
                .toList();
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
            for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                take(record, type, each);
                deadline = System.nanoTime() + PATIENCE.toNanos();
            }
            if (System.nanoTime() > deadline) {
                throw new TimeoutException("no record of %s within %d s".formatted(topic, PATIENCE.toSeconds()));
            }
        }
        consumer.unsubscribe();
    }

    private <M extends Message> void take(
            ConsumerRecord<String, byte[]> record, Class<M> type, BiConsumer<String, @Nullable M> each) {
        String key = record.key() == null ? "" : record.key();
        if (record.value() == null) {
            each.accept(key, null);
            return;
        }
        try {
            each.accept(key, Events.read(record, type));
        } catch (BadRecord e) {
            unreadable++; // its reader wrote a dead letter that says why
        }
    }

    /// Records so far that are no event of their topic.
    long unreadable() {
        return unreadable;
    }

    @Override
    public void close() {
        consumer.close();
    }
}
