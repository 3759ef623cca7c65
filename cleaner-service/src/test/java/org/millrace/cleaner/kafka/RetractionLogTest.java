package org.millrace.cleaner.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.millrace.cleaner.Retractions;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.DocumentRetracted;

class RetractionLogTest {

    private static final TopicPartition PARTITION = new TopicPartition(Events.topicName(DocumentRetracted.class), 0);

    private final MockConsumer<String, byte[]> consumer = new MockConsumer<>("earliest");
    private final Retractions retractions = new Retractions();
    private long next;
    private long nanos;
    private int polls;

    @Test
    void whatPeopleSayHoldsAndWhatTheCleanerSaysDoesNotDropPages() {
        consumer.updateBeginningOffsets(Map.of(PARTITION, 0L));
        consumer.updateEndOffsets(Map.of(PARTITION, 0L));
        RetractionLog log = new RetractionLog(consumer, retractions, () -> polls++, () -> nanos);
        log.catchUp(); // an empty topic keeps nobody waiting

        add("u", DocumentRetracted.newBuilder().setUrl("u").build().toByteArray());
        add("d", DocumentRetracted.newBuilder().setDocumentId("d").build().toByteArray());
        add(
                "e/cleaner",
                DocumentRetracted.newBuilder()
                        .setDocumentId("e")
                        .setSupersededBy("f")
                        .setRule("near-duplicate")
                        .build()
                        .toByteArray());
        add("broken", new byte[] {1});
        add("x", DocumentRetracted.newBuilder().setReason("of nothing").build().toByteArray());
        log.catchUp();

        assertThat(List.of("u", "d")).allMatch(retractions::covers);
        assertThat(List.of("e", "f", "x", "broken")).noneMatch(retractions::covers);

        add("u", null);
        add("d/cleaner", null); // not what a person said
        log.catchUp();

        assertThat(retractions.covers("u")).isFalse();
        assertThat(retractions.covers("d")).isTrue();
    }

    /// Twenty minutes of reading are fine as long as something comes each minute.
    @Test
    void whatTakesLongIsReadAndSilenceIsNot() {
        consumer.updateBeginningOffsets(Map.of(PARTITION, 0L));
        consumer.updateEndOffsets(Map.of(PARTITION, 0L));
        RetractionLog log = new RetractionLog(consumer, retractions, () -> polls++, () -> nanos);
        consumer.updateEndOffsets(Map.of(PARTITION, 25L));
        for (int minute = 0; minute < 25; minute++) {
            consumer.schedulePollTask(() -> {
                nanos += Duration.ofSeconds(50).toNanos();
                add(
                        "u" + next,
                        DocumentRetracted.newBuilder()
                                .setUrl("u" + next)
                                .build()
                                .toByteArray());
                consumer.updateEndOffsets(Map.of(PARTITION, 25L));
            });
        }

        log.catchUp();

        assertThat(retractions.covers("u24")).isTrue();
        assertThat(polls).isEqualTo(25);

        consumer.updateEndOffsets(Map.of(PARTITION, 26L));
        consumer.schedulePollTask(() -> nanos += Duration.ofSeconds(50).toNanos());
        consumer.schedulePollTask(() -> nanos += Duration.ofSeconds(50).toNanos());
        assertThatThrownBy(log::catchUp)
                .isInstanceOf(TimeoutException.class)
                .hasMessageContaining("no record at 25 for PT1M");
    }

    private void add(String key, byte @Nullable [] value) {
        consumer.addRecord(new ConsumerRecord<>(
                PARTITION.topic(),
                0,
                next++,
                0,
                TimestampType.CREATE_TIME,
                0,
                0,
                key,
                value,
                new RecordHeaders(),
                Optional.empty()));
        consumer.updateEndOffsets(Map.of(PARTITION, next));
    }
}
