package org.millrace.cleaner.kafka;

import java.time.Duration;
import java.util.Set;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;

/// Keeps a consumer in its group while a batch takes long, because much of another log has to be read first. A
/// group gives the partitions of a member away that does not poll for `max.poll.interval.ms` (5 min), and whoever
/// gets them begins the same long reading.
///
/// For the thread of the consumer.
final class Membership {

    /// Far below that limit, and seldom enough to cost nothing.
    private static final Duration BETWEEN_POLLS = Duration.ofSeconds(20);

    private final Consumer<String, byte[]> consumer;
    private final LongSupplier nanos;
    private long polledAt;

    /// @param nanos as [System#nanoTime]
    Membership(Consumer<String, byte[]> consumer, LongSupplier nanos) {
        this.consumer = consumer;
        this.nanos = nanos;
        this.polledAt = nanos.getAsLong();
    }

    /// Polls if it is time to, and takes no record.
    ///
    /// @throws RebalanceInProgressException if partitions are shared anew: the batch in hand may be another's
    ///     now, or come once more, so nothing may be said about it
    void keep() {
        if (nanos.getAsLong() - polledAt < BETWEEN_POLLS.toNanos()) {
            return;
        }
        Set<TopicPartition> assigned = Set.copyOf(consumer.assignment());
        int generation = consumer.groupMetadata().generationId();
        consumer.pause(assigned);
        try {
            ConsumerRecords<String, byte[]> records = consumer.poll(Duration.ZERO);
            for (TopicPartition added : records.partitions()) { // by this very poll, so it was not paused
                consumer.seek(added, records.records(added).getFirst().offset());
            }
        } finally {
            consumer.resume(consumer.assignment());
        }
        polledAt = nanos.getAsLong();
        if (generation != consumer.groupMetadata().generationId() || !assigned.equals(consumer.assignment())) {
            throw new RebalanceInProgressException("partitions are shared anew while a batch is in hand");
        }
    }
}
