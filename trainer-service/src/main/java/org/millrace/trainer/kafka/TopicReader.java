package org.millrace.trainer.kafka;

import com.google.protobuf.Message;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.millrace.events.Events;

/// Reads committed records of a whole topic, without a group: the reader alone knows where it is.
/// For one thread.
final class TopicReader implements AutoCloseable {

    private final KafkaConsumer<String, byte[]> consumer;
    private final List<TopicPartition> partitions;
    private final Duration deadline;

    private TopicReader(KafkaConsumer<String, byte[]> consumer, List<TopicPartition> partitions, Duration deadline) {
        this.consumer = consumer;
        this.partitions = partitions;
        this.deadline = deadline;
        consumer.assign(partitions);
    }

    /// From the first record there is.
    static TopicReader fromStart(Broker broker, Class<? extends Message> type) {
        TopicReader reader = open(broker, type);
        reader.consumer.seekToBeginning(reader.partitions);
        return reader;
    }

    /// From what is committed after this call.
    static TopicReader fromEnd(Broker broker, Class<? extends Message> type) {
        TopicReader reader = open(broker, type);
        reader.consumer.seekToEnd(reader.partitions);
        reader.partitions.forEach(partition -> reader.consumer.position(partition, reader.deadline));
        return reader;
    }

    /// From the first record that is not older than a time.
    static TopicReader from(Broker broker, Class<? extends Message> type, long epochMillis) {
        TopicReader reader = open(broker, type);
        Map<TopicPartition, Long> times = new HashMap<>();
        reader.partitions.forEach(partition -> times.put(partition, epochMillis));
        Map<TopicPartition, OffsetAndTimestamp> offsets = reader.consumer.offsetsForTimes(times, reader.deadline);
        for (TopicPartition partition : reader.partitions) {
            OffsetAndTimestamp first = offsets.get(partition);
            if (first == null) {
                reader.consumer.seekToEnd(List.of(partition));
            } else {
                reader.consumer.seek(partition, first.offset());
            }
        }
        return reader;
    }

    /// Records that have come since the last call; waits at most so long for the first.
    List<ConsumerRecord<String, byte[]>> poll(Duration wait) {
        List<ConsumerRecord<String, byte[]>> records = new ArrayList<>();
        consumer.poll(wait).forEach(records::add);
        return records;
    }

    /// All records from here to what is committed at the time of this call, in the order of offsets within
    /// a partition.
    ///
    /// @throws TimeoutException if the broker takes longer than the deadline
    List<ConsumerRecord<String, byte[]>> toEnd() {
        long end = System.nanoTime() + deadline.toNanos();
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions, deadline);
        List<ConsumerRecord<String, byte[]>> records = new ArrayList<>();
        while (partitions.stream()
                .anyMatch(partition -> consumer.position(partition, deadline) < ends.getOrDefault(partition, 0L))) {
            if (System.nanoTime() > end) {
                throw new TimeoutException("%s was not read to its end within %s"
                        .formatted(partitions.getFirst().topic(), deadline));
            }
            consumer.poll(Duration.ofMillis(100)).forEach(records::add);
        }
        return records;
    }

    @Override
    public void close() {
        consumer.close();
    }

    private static TopicReader open(Broker broker, Class<? extends Message> type) {
        Map<String, Object> settings = broker.settings();
        settings.put("isolation.level", "read_committed");
        settings.put("enable.auto.commit", false);
        settings.put("auto.offset.reset", "earliest");
        settings.put("fetch.max.wait.ms", 100);
        settings.remove("group.id");
        var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer());
        try {
            List<TopicPartition> partitions = consumer.partitionsFor(Events.topicName(type), broker.deadline()).stream()
                    .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                    .toList();
            return new TopicReader(consumer, partitions, broker.deadline());
        } catch (RuntimeException e) {
            consumer.close();
            throw e;
        }
    }
}
