package org.millrace.crawler.kafka;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.millrace.crawler.frontier.Frontier;
import org.millrace.events.BadRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Restores a frontier's memory of what is done.
final class VisitedLog {

    private static final Logger LOGGER = LoggerFactory.getLogger(VisitedLog.class);
    private static final Duration POLL = Duration.ofMillis(200);

    private final Supplier<Consumer<String, byte[]>> consumers;
    private final Duration patience;

    /// @param consumers make consumers of committed records, outside any group
    /// @param patience how long no record may come before the end; longer than a dead instance's
    ///     transaction can stay open
    VisitedLog(Supplier<Consumer<String, byte[]>> consumers, Duration patience) {
        this.consumers = consumers;
        this.patience = patience;
    }

    /// Reads one partition from where the frontier knows it to its end.
    ///
    /// The last owner of the partition may have left a transaction that is open, or about to be
    /// committed. It lies before the end, and a reader of committed records does not get past it until it
    /// is decided: so nothing that will count as done is missed.
    ///
    /// @param end looked up after the partition was assigned
    void restore(TopicPartition source, long end, Frontier frontier) throws IOException {
        if (frontier.visited() >= end) {
            return;
        }
        try (Consumer<String, byte[]> consumer = consumers.get()) {
            consumer.assign(List.of(source));
            consumer.seek(source, frontier.visited());
            long deadline = System.nanoTime() + patience.toNanos();
            long position = consumer.position(source);
            while (position < end) {
                List<Frontier.Visit> visits = new ArrayList<>();
                for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                    read(record).ifPresent(visits::add);
                }
                long now = consumer.position(source);
                frontier.restore(visits, now);
                if (now > position) {
                    deadline = System.nanoTime() + patience.toNanos();
                } else if (System.nanoTime() > deadline) {
                    throw new IOException("%s: stuck at %d of %d for %s".formatted(source, now, end, patience));
                }
                position = now;
            }
        }
    }

    /// Records here are this service's own. One that cannot be read is worth a look, and costs one page
    /// fetched again.
    private static Optional<Frontier.Visit> read(ConsumerRecord<String, byte[]> record) {
        try {
            return Optional.of(Records.visited(record));
        } catch (BadRecord e) {
            LOGGER.warn(
                    "{}-{} at {} is skipped: {}", record.topic(), record.partition(), record.offset(), e.getMessage());
            return Optional.empty();
        }
    }
}
