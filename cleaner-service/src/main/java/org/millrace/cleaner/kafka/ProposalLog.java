package org.millrace.cleaner.kafka;

import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;

/// Reads a stretch of a partition once more, beside the consumer that works on it.
final class ProposalLog {

    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration LONGEST_SILENCE = Duration.ofSeconds(60);

    private final Supplier<? extends Consumer<String, byte[]>> consumers;

    /// @param consumers make readers of committed records, without a group, that start at the earliest
    ///     record where the asked one has expired
    ProposalLog(Supplier<? extends Consumer<String, byte[]>> consumers) {
        this.consumers = consumers;
    }

    /// Gives the committed records from `from` up to, not including, `to`, which must be committed.
    ///
    /// @throws TimeoutException if the broker gives nothing for a minute
    void read(
            TopicPartition partition,
            long from,
            long to,
            java.util.function.Consumer<ConsumerRecord<String, byte[]>> sink) {
        if (from >= to) {
            return;
        }
        try (Consumer<String, byte[]> consumer = consumers.get()) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, from);
            long position = from;
            long heard = System.nanoTime();
            while (position < to) {
                ConsumerRecords<String, byte[]> records = consumer.poll(POLL);
                for (ConsumerRecord<String, byte[]> record : records.records(partition)) {
                    if (record.offset() < to) {
                        sink.accept(record);
                    }
                }
                long now = System.nanoTime();
                if (consumer.position(partition) > position) {
                    position = consumer.position(partition);
                    heard = now;
                } else if (now - heard > LONGEST_SILENCE.toNanos()) {
                    throw new TimeoutException(partition + ": no record at " + position + " for " + LONGEST_SILENCE);
                }
            }
        }
    }
}
