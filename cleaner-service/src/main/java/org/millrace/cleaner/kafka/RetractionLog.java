package org.millrace.cleaner.kafka;

import java.time.Duration;
import java.util.List;
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

    /// @param consumer of committed records, without a group; owned by this from now on
    /// @param retractions kept up to date from here
    RetractionLog(Consumer<String, byte[]> consumer, Retractions retractions) {
        this.consumer = consumer;
        this.retractions = retractions;
        consumer.assign(List.of(PARTITION));
        consumer.seekToBeginning(List.of(PARTITION));
    }

    /// Takes in everything that was said before this call.
    void catchUp() {
        long end = consumer.endOffsets(List.of(PARTITION), LONGEST_SILENCE).getOrDefault(PARTITION, 0L);
        long deadline = System.nanoTime() + LONGEST_SILENCE.toNanos();
        while (consumer.position(PARTITION, LONGEST_SILENCE) < end) {
            consumer.poll(POLL).records(PARTITION).forEach(this::take);
            if (System.nanoTime() > deadline) {
                throw new TimeoutException(PARTITION + ": not read to its end at " + end + " in " + LONGEST_SILENCE);
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
