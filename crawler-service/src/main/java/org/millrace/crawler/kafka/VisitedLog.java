package org.millrace.crawler.kafka;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.millrace.crawler.Frontier;
import org.millrace.events.BadRecord;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.UrlVisited;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Restores a frontier's memory of what is done.
final class VisitedLog {

    private static final Logger LOGGER = LoggerFactory.getLogger(VisitedLog.class);
    private static final Duration POLL = Duration.ofMillis(200);

    private final Supplier<Consumer<String, byte[]>> consumers;
    private final LogEnds ends;
    private final Duration patience;

    /// @param consumers make consumers of committed records, outside any group
    /// @param patience how long no record may come before the end; longer than a dead instance's
    ///     transaction can stay open
    VisitedLog(Supplier<Consumer<String, byte[]>> consumers, LogEnds ends, Duration patience) {
        this.consumers = consumers;
        this.ends = ends;
        this.patience = patience;
    }

    /// Reads one partition from its beginning to its present end.
    ///
    /// The last owner of the partition may have left a transaction that is open, or about to be
    /// committed. It lies before the end that is looked up here, and a reader of committed records does
    /// not get past it until it is decided: so nothing that will count as done is missed.
    void restore(int partition, Frontier frontier) throws IOException {
        TopicPartition source = new TopicPartition(Events.topicName(UrlVisited.class), partition);
        long end = ends.ends(List.of(source)).getOrDefault(source, 0L);
        try (Consumer<String, byte[]> consumer = consumers.get()) {
            consumer.assign(List.of(source));
            consumer.seekToBeginning(List.of(source));
            long deadline = System.nanoTime() + patience.toNanos();
            long position = consumer.position(source);
            while (position < end) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                    restore(record, frontier);
                }
                long now = consumer.position(source);
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
    private static void restore(ConsumerRecord<String, byte[]> record, Frontier frontier) {
        try {
            UrlVisited visited = Records.visited(record);
            frontier.restore(
                    visited.getCrawlId(),
                    Records.url(visited.getUrl()),
                    Records.outcome(visited),
                    visited.getBytes(),
                    visited.getRequested());
        } catch (BadRecord e) {
            LOGGER.warn(
                    "{}-{} at {} is skipped: {}", record.topic(), record.partition(), record.offset(), e.getMessage());
        }
    }
}
