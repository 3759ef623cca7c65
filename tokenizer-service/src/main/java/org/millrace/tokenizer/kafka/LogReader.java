package org.millrace.tokenizer.kafka;

import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.millrace.exactlyonce.TransactionalLoop;

/// Reads a topic from its beginning, for oneself alone: no group, nothing committed. For one
/// thread, but for [#wakeup].
final class LogReader implements AutoCloseable {

    /// A broker that is being restarted is back by then, and a transaction of a killed process is over.
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private static final Duration CLOSE = Duration.ofSeconds(5);
    private static final Duration POLL = Duration.ofMillis(200);

    private final KafkaConsumer<String, byte[]> consumer;
    private final String topic;
    private List<TopicPartition> partitions = List.of();

    /// Asks the broker for nothing yet.
    LogReader(Map<String, Object> broker, String topic) {
        Map<String, Object> settings = new HashMap<>(broker);
        settings.putAll(TransactionalLoop.readerSettings());
        consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer());
        this.topic = topic;
    }

    List<TopicPartition> partitions() {
        if (partitions.isEmpty()) {
            partitions = consumer.partitionsFor(topic, PATIENCE).stream()
                    .map(p -> new TopicPartition(p.topic(), p.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
        }
        return partitions;
    }

    void toBeginning() {
        consumer.seekToBeginning(partitions());
    }

    /// Ends what another thread waits for here, with a `WakeupException`.
    void wakeup() {
        consumer.wakeup();
    }

    /// What can be read now and was not read yet, to be gone through once.
    ///
    /// `hasNext` throws [TimeoutException] if the broker gives nothing for so long that it will not.
    Iterator<ConsumerRecord<String, byte[]>> untilNow() {
        return until(consumer.endOffsets(partitions(), PATIENCE));
    }

    /// The same up to these positions, once the transactions below them have ended.
    Iterator<ConsumerRecord<String, byte[]>> until(Map<TopicPartition, Long> ends) {
        return new Iterator<>() {

            private Iterator<ConsumerRecord<String, byte[]>> batch = Collections.emptyIterator();

            @Override
            public boolean hasNext() {
                long deadline = System.nanoTime() + PATIENCE.toNanos();
                while (!batch.hasNext() && !reached(ends)) {
                    batch = consumer.poll(POLL).iterator();
                    if (!batch.hasNext() && System.nanoTime() > deadline) {
                        throw new TimeoutException("%s: expected to reach %s, got nothing for %d s"
                                .formatted(partitions, ends, PATIENCE.toSeconds()));
                    }
                }
                return batch.hasNext();
            }

            @Override
            public ConsumerRecord<String, byte[]> next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                return batch.next();
            }
        };
    }

    /// What comes next within that time; perhaps nothing.
    Iterable<ConsumerRecord<String, byte[]>> poll(Duration timeout) {
        return consumer.poll(timeout);
    }

    private boolean reached(Map<TopicPartition, Long> ends) {
        return ends.entrySet().stream().allMatch(end -> consumer.position(end.getKey(), PATIENCE) >= end.getValue());
    }

    @Override
    public void close() {
        consumer.close(CloseOptions.timeout(CLOSE));
    }
}
