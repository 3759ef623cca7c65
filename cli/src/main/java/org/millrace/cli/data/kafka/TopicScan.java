package org.millrace.cli.data.kafka;

import com.google.protobuf.Message;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.jspecify.annotations.Nullable;
import org.millrace.events.BadRecord;
import org.millrace.events.Events;

/// Reads topics from their beginning to an end, committed records only, without a group and without leaving a
/// trace.
public final class TopicScan implements AutoCloseable {

    /// Without any record for so long, the broker is in trouble.
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final KafkaConsumer<String, byte[]> consumer;
    private long unreadable;

    public TopicScan(String bootstrap) {
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

    /// Takes a record.
    public interface Each<M extends Message> {

        /// @param event null for a tombstone
        void take(ConsumerRecord<String, byte[]> record, @Nullable M event);
    }

    /// Where the partitions of a topic end now.
    Map<TopicPartition, Long> ends(Class<? extends Message> type) {
        return consumer.endOffsets(partitions(type));
    }

    /// Where they begin: what was before has expired.
    Map<TopicPartition, Long> beginnings(Class<? extends Message> type) {
        return consumer.beginningOffsets(partitions(type));
    }

    private List<TopicPartition> partitions(Class<? extends Message> type) {
        String topic = Events.topicName(type);
        return consumer.partitionsFor(topic).stream()
                .map(info -> new TopicPartition(topic, info.partition()))
                .toList();
    }

    /// Reads to where the topic ends now.
    ///
    /// @throws TimeoutException if the broker stops to answer
    public <M extends Message> void read(Class<M> type, Each<M> each) {
        read(type, ends(type), each);
    }

    /// @param ends as [#ends] gave them: what came later is not read
    /// @throws TimeoutException if the broker stops to answer
    <M extends Message> void read(Class<M> type, Map<TopicPartition, Long> ends, Each<M> each) {
        String topic = Events.topicName(type);
        consumer.assign(ends.keySet());
        consumer.seekToBeginning(ends.keySet());
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
            for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                if (record.offset() < ends.getOrDefault(new TopicPartition(topic, record.partition()), 0L)) {
                    take(record, type, each);
                }
                deadline = System.nanoTime() + PATIENCE.toNanos();
            }
            if (System.nanoTime() > deadline) {
                throw new TimeoutException("no record of %s within %d s".formatted(topic, PATIENCE.toSeconds()));
            }
        }
        consumer.unsubscribe();
    }

    private <M extends Message> void take(ConsumerRecord<String, byte[]> record, Class<M> type, Each<M> each) {
        if (record.value() == null) {
            each.take(record, null);
            return;
        }
        try {
            each.take(record, Events.read(record, type));
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
