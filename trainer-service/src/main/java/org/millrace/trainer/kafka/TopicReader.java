package org.millrace.trainer.kafka;

import com.google.protobuf.Message;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.millrace.events.Events;

/// Reads committed records of a whole topic, without a group: the reader alone knows where it is.
/// For one thread.
final class TopicReader implements AutoCloseable {

    private final Consumer<String, byte[]> consumer;
    private final List<TopicPartition> partitions;
    private final Duration deadline;

    /// @param deadline of any one answer
    TopicReader(Consumer<String, byte[]> consumer, List<TopicPartition> partitions, Duration deadline) {
        this.consumer = consumer;
        this.partitions = partitions;
        this.deadline = deadline;
        consumer.assign(partitions);
    }

    /// From the first record there is.
    static TopicReader fromStart(Broker broker, Class<? extends Message> type) {
        TopicReader reader = open(broker, Events.topicName(type));
        reader.consumer.seekToBeginning(reader.partitions);
        return reader;
    }

    /// From what is committed after this call.
    static TopicReader fromEnd(Broker broker, Class<? extends Message> type) {
        TopicReader reader = open(broker, Events.topicName(type));
        try {
            reader.consumer
                    .endOffsets(reader.partitions, reader.deadline)
                    .forEach((partition, end) -> reader.consumer.seek(partition, end.longValue()));
            return reader;
        } catch (RuntimeException e) {
            reader.close();
            throw e;
        }
    }

    /// From the first record that is not older than a time.
    static TopicReader from(Broker broker, Class<? extends Message> type, long epochMillis) {
        return from(broker, Events.topicName(type), epochMillis);
    }

    /// As [#from], of the dead letters of a type.
    static TopicReader lettersFrom(Broker broker, Class<? extends Message> type, long epochMillis) {
        return from(broker, Events.deadLetterTopic(Events.topicName(type)), epochMillis);
    }

    private static TopicReader from(Broker broker, String topic, long epochMillis) {
        TopicReader reader = open(broker, topic);
        try {
            Map<TopicPartition, Long> times = new HashMap<>();
            reader.partitions.forEach(partition -> times.put(partition, epochMillis));
            // Ends first: what comes between the two questions is then read, not skipped.
            Map<TopicPartition, Long> ends = reader.consumer.endOffsets(reader.partitions, reader.deadline);
            Map<TopicPartition, OffsetAndTimestamp> offsets = reader.consumer.offsetsForTimes(times, reader.deadline);
            ends.forEach((partition, end) -> {
                OffsetAndTimestamp first = offsets.get(partition);
                reader.consumer.seek(partition, first == null ? end : first.offset());
            });
            return reader;
        } catch (RuntimeException e) {
            reader.close();
            throw e;
        }
    }

    /// Records that have come since the last call; waits at most so long for the first.
    List<ConsumerRecord<String, byte[]>> poll(Duration wait) {
        List<ConsumerRecord<String, byte[]>> records = new ArrayList<>();
        consumer.poll(wait).forEach(records::add);
        return records;
    }

    /// All records from here to what is committed at the time of this call, in the order of offsets
    /// within a partition.
    ///
    /// @throws TimeoutException if nothing comes for as long as the deadline; a long log may take longer
    List<ConsumerRecord<String, byte[]>> toEnd() {
        long end = System.nanoTime() + deadline.toNanos();
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions, deadline);
        List<ConsumerRecord<String, byte[]>> records = new ArrayList<>();
        while (partitions.stream()
                .anyMatch(partition -> consumer.position(partition, deadline) < ends.getOrDefault(partition, 0L))) {
            if (System.nanoTime() > end) {
                throw new TimeoutException("%s was not read to its end: nothing came for %s"
                        .formatted(partitions.getFirst().topic(), deadline));
            }
            List<ConsumerRecord<String, byte[]>> come = poll(Duration.ofMillis(100));
            if (!come.isEmpty()) {
                records.addAll(come);
                end = System.nanoTime() + deadline.toNanos();
            }
        }
        return records;
    }

    /// Whether the broker is there; takes 2 s if it is not.
    boolean isAnswered() {
        try {
            consumer.endOffsets(partitions, Duration.ofSeconds(2));
            return true;
        } catch (TimeoutException e) {
            return false;
        }
    }

    /// Goes to what [#positions] said; a partition that was not there then is read from its start.
    void seek(SortedMap<Integer, Long> positions) {
        for (TopicPartition partition : partitions) {
            consumer.seek(partition, positions.getOrDefault(partition.partition(), 0L));
        }
    }

    /// The next offset of each partition.
    SortedMap<Integer, Long> positions() {
        SortedMap<Integer, Long> positions = new TreeMap<>();
        for (TopicPartition partition : partitions) {
            positions.put(partition.partition(), consumer.position(partition, deadline));
        }
        return positions;
    }

    /// A stop interrupts whoever reads, and a consumer that is closed by an interrupted thread complains.
    @Override
    public void close() {
        boolean interrupted = Thread.interrupted();
        try {
            consumer.close();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static TopicReader open(Broker broker, String topic) {
        Map<String, Object> settings = broker.settings();
        settings.put("isolation.level", "read_committed");
        settings.put("enable.auto.commit", false);
        settings.put("auto.offset.reset", "earliest");
        settings.put("fetch.max.wait.ms", 100);
        settings.remove("group.id");
        var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer());
        try {
            List<TopicPartition> partitions = consumer.partitionsFor(topic, broker.deadline()).stream()
                    .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                    .toList();
            if (partitions.isEmpty()) {
                throw new UnknownTopicOrPartitionException(
                        "topic %s: expected to be there, was the runtime started?".formatted(topic));
            }
            return new TopicReader(consumer, partitions, broker.deadline());
        } catch (RuntimeException e) {
            consumer.close();
            throw e;
        }
    }
}
