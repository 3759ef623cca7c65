package org.millrace.cleaner.kafka;

import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.millrace.cleaner.Retractions;
import org.millrace.events.BadRecord;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.DocumentRetracted;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads what people retracted. For one thread.
///
/// What the cleaner itself took back is no reason to drop a page: the same text may come again from
/// elsewhere, and is judged then.
final class RetractionLog implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(RetractionLog.class);
    private static final TopicPartition PARTITION = new TopicPartition(Events.topicName(DocumentRetracted.class), 0);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration LONGEST_SILENCE = Duration.ofSeconds(60);

    private final Consumer<String, byte[]> consumer;
    private final Retractions retractions;
    private final Runnable stillReading;
    private final LongSupplier nanos;

    /// @param consumer of committed records, without a group; owned by this from now on
    /// @param retractions kept up to date from here
    /// @param stillReading called after each poll, as reading may take long
    /// @param nanos as [System#nanoTime]
    RetractionLog(
            Consumer<String, byte[]> consumer, Retractions retractions, Runnable stillReading, LongSupplier nanos) {
        this.consumer = consumer;
        this.retractions = retractions;
        this.stillReading = stillReading;
        this.nanos = nanos;
        consumer.assign(List.of(PARTITION));
        consumer.seekToBeginning(List.of(PARTITION));
    }

    /// Takes in what was committed before this call, however much it is, up to the oldest transaction that is open
    /// on the topic: one of the cleaner's own may be, and what lies behind it comes with a later call.
    ///
    /// @throws TimeoutException if nothing more comes
    void catchUp() {
        long end = consumer.endOffsets(List.of(PARTITION), LONGEST_SILENCE).getOrDefault(PARTITION, 0L);
        long position = consumer.position(PARTITION, LONGEST_SILENCE);
        long heard = nanos.getAsLong();
        while (position < end) {
            consumer.poll(POLL).records(PARTITION).forEach(this::take);
            stillReading.run();
            long now = nanos.getAsLong();
            if (consumer.position(PARTITION, LONGEST_SILENCE) > position) {
                position = consumer.position(PARTITION, LONGEST_SILENCE);
                heard = now;
            } else if (now - heard > LONGEST_SILENCE.toNanos()) {
                throw new TimeoutException(PARTITION + ": no record at " + position + " for " + LONGEST_SILENCE);
            }
        }
    }

    private void take(ConsumerRecord<String, byte[]> record) {
        if (record.key() == null) {
            return;
        }
        if (record.value() == null) {
            retractions.remove(record.key());
            return;
        }
        try {
            DocumentRetracted event = Events.read(record, DocumentRetracted.class);
            if (!event.getRule().isEmpty()) {
                return;
            }
            switch (event.getWhatCase()) {
                case URL -> retractions.put(record.key(), event.getUrl());
                case DOCUMENT_ID -> retractions.put(record.key(), event.getDocumentId());
                case WHAT_NOT_SET -> throw new BadRecord("what: expected url or document_id, got neither");
            }
        } catch (BadRecord e) {
            // No dead letter: every instance would write one at every start.
            LOGGER.warn("skipped: {} offset={} reason={}", PARTITION, record.offset(), e.getMessage());
        }
    }

    @Override
    public void close() {
        consumer.close();
    }
}
