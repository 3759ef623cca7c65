package org.millrace.tokenizer.kafka;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;
import org.millrace.events.BadRecord;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.DocumentRetracted;
import org.millrace.tokenizer.Retractions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads the topic of retractions, which is compacted, from its beginning. For one thread, but for [#wakeup].
///
/// A record that cannot be used is skipped and said so. It gets no dead letter: every instance
/// would write one at every start.
final class RetractionLog implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(RetractionLog.class);
    private static final String TOPIC = Events.topicName(DocumentRetracted.class);
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration CLOSE = Duration.ofSeconds(5);

    /// The broker forgets after a day that a retraction was taken back. Who has not looked for so long reads all
    /// anew.
    private static final Duration STALE = Duration.ofHours(12);

    private final Admin admin;
    private final LogReader reader;
    private final InstantSource clock;
    private final Retractions retractions = new Retractions();
    private Instant readAt;

    /// What was said until now is read.
    RetractionLog(Map<String, Object> broker, InstantSource clock) {
        this.clock = clock;
        readAt = clock.instant();
        admin = Admin.create(broker);
        try {
            reader = new LogReader(broker, TOPIC);
        } catch (KafkaException e) {
            admin.close(CLOSE);
            throw e;
        }
        try {
            catchUp();
        } catch (KafkaException e) {
            close();
            throw e;
        }
    }

    /// Ends a [#catchUp] of another thread, with a `WakeupException`.
    void wakeup() {
        reader.wakeup();
    }

    /// What [#catchUp] has read.
    Retractions retractions() {
        return retractions;
    }

    /// Takes in everything that was written before this call, and waits for the transactions that it is part of.
    /// So whoever has a document in hand knows then what was said together with it: a transaction ends
    /// on one topic before it ends on another.
    ///
    /// @throws TimeoutException if the broker does not answer, or such a transaction stays open
    final void catchUp() {
        Instant now = clock.instant();
        if (now.isAfter(readAt.plus(STALE))) {
            retractions.clear();
            reader.toBeginning();
        }
        readAt = now;
        reader.until(written()).forEachRemaining(this::take);
    }

    private Map<TopicPartition, Long> written() {
        Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
        reader.partitions().forEach(partition -> latest.put(partition, OffsetSpec.latest()));
        try {
            Map<TopicPartition, Long> ends = new HashMap<>();
            admin.listOffsets(latest, new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED))
                    .all()
                    .get(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                    .forEach((partition, end) -> ends.put(partition, end.offset()));
            return ends;
        } catch (ExecutionException e) {
            throw new KafkaException("the end of %s is not known".formatted(TOPIC), e.getCause());
        } catch (java.util.concurrent.TimeoutException e) {
            throw new TimeoutException(
                    "%s: expected its end, got no answer for %d s".formatted(TOPIC, PATIENCE.toSeconds()), e);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private void take(ConsumerRecord<String, byte[]> record) {
        try {
            if (record.value() == null) {
                retractions.remove(record.key());
            } else {
                put(record);
            }
        } catch (BadRecord e) {
            LOGGER.warn(
                    "skipped: topic={} partition={} offset={} reason={}",
                    record.topic(),
                    record.partition(),
                    record.offset(),
                    e.getMessage());
        }
    }

    private void put(ConsumerRecord<String, byte[]> record) throws BadRecord {
        DocumentRetracted event = Events.read(record, DocumentRetracted.class);
        switch (event.getWhatCase()) {
            case URL -> retractions.put(record.key(), event.getUrl());
            case DOCUMENT_ID -> retractions.put(record.key(), event.getDocumentId());
            case WHAT_NOT_SET -> throw new BadRecord("what: expected url or document_id, got neither");
        }
    }

    @Override
    public void close() {
        admin.close(CLOSE);
        reader.close();
    }
}
