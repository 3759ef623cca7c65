package org.millrace.cleaner.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.DocumentCleaned;
import org.millrace.proto.events.v1.DocumentDropped;
import org.millrace.proto.events.v1.DocumentProposed;

class DuplicateStageTest {

    private static final String MILL =
            "The miller opens the gate in the morning, and the water turns the wheel until the evening.";
    private static final String BEES =
            "Bees keep their house warm in winter. They sit close together in a ball and change places.";

    private static final TopicPartition PARTITION = new TopicPartition(Events.topicName(DocumentProposed.class), 0);

    private final List<ConsumerRecord<String, byte[]>> log = new ArrayList<>();
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();

    @Test
    void theFirstIsKeptAndItsRepetitionDropped() throws Exception {
        append(Fixtures.proposal(1, MILL));
        append(Fixtures.proposal(1, MILL));

        List<ProducerRecord<String, byte[]>> output = stage().apply(log);

        assertThat(DocumentCleaned.parseFrom(output.get(0).value()))
                .isEqualTo(Fixtures.proposal(1, MILL).getDocument());
        DocumentDropped dropped = DocumentDropped.parseFrom(output.get(1).value());
        assertThat(dropped.getRule()).isEqualTo("exact-duplicate");
        assertThat(dropped.getDuplicateOf()).isEqualTo("%064x".formatted(1));
        assertThat(metrics.counter("documents_kept").count()).isEqualTo(1);
        assertThat(metrics.counter("documents_dropped", "rule", "exact-duplicate")
                        .count())
                .isEqualTo(1);
        assertThat(metrics.get("duplicate_index_documents").gauge().value()).isEqualTo(1);
    }

    @Test
    void anAbortedBatchThatComesAgainGetsTheSameOutput() {
        append(Fixtures.proposal(1, MILL));
        append(Fixtures.proposal(2, BEES));
        append(Fixtures.proposal(3, MILL));
        DuplicateStage stage = stage();
        stage.apply(log.subList(0, 1));

        List<String> first = described(stage.apply(log.subList(1, 3)));
        List<String> second = described(stage.apply(log.subList(1, 3)));

        assertThat(second).isEqualTo(first);
        assertThat(first).containsExactly("documents.cleaned.v1", "documents.dropped.v1 near-duplicate");
    }

    @Test
    void aNewInstanceKnowsWhatTheLogKnows() {
        append(Fixtures.proposal(1, MILL));
        append(Fixtures.proposal(2, BEES));
        append(Fixtures.proposal(3, MILL));

        assertThat(described(stage().apply(log.subList(2, 3)))).containsExactly("documents.dropped.v1 near-duplicate");
    }

    @Test
    void whatAnotherInstanceDecidedInBetweenIsLearned() {
        append(Fixtures.proposal(1, BEES));
        append(Fixtures.proposal(2, MILL));
        append(Fixtures.proposal(3, MILL));
        DuplicateStage stage = stage();
        stage.apply(log.subList(0, 1));
        stage.onPartitionsRevoked(List.of(PARTITION));
        stage.onPartitionsAssigned(List.of(PARTITION));

        assertThat(described(stage.apply(log.subList(2, 3)))).containsExactly("documents.dropped.v1 near-duplicate");
    }

    @Test
    void howTheLogIsCutIntoBatchesDoesNotMatter() {
        Random random = new Random(3);
        for (int i = 0; i < 60; i++) {
            String text = (random.nextBoolean() ? MILL : BEES) + " Number " + (char) ('a' + random.nextInt(6))
                    + " of them, " + "again".repeat(random.nextInt(6)) + " and so on until the end of it.";
            append(Fixtures.proposal(random.nextInt(40), text));
        }
        List<String> whole = described(stage().apply(log));

        for (int round = 0; round < 20; round++) {
            DuplicateStage stage = stage();
            List<String> parts = new ArrayList<>();
            int from = 0;
            while (from < log.size()) {
                int to = Math.min(log.size(), from + 1 + random.nextInt(9));
                if (random.nextInt(4) == 0) {
                    stage.apply(log.subList(from, to)); // aborted
                }
                if (random.nextInt(4) == 0) {
                    stage = stage(); // killed
                }
                parts.addAll(described(stage.apply(log.subList(from, to))));
                from = to;
            }
            assertThat(parts).isEqualTo(whole);
        }
    }

    @Test
    void whatIsNoProposalBecomesADeadLetter() {
        append(Fixtures.proposal(1, MILL).toBuilder().clearSignature().build());
        append(Fixtures.proposal(1, MILL));

        assertThat(described(stage().apply(log))).containsExactly("documents.proposed.v1.dlq", "documents.cleaned.v1");
        assertThat(described(stage().apply(log.subList(1, 2)))).containsExactly("documents.cleaned.v1");
    }

    @Test
    void moreThanOnePartitionIsRefused() {
        ConsumerRecord<String, byte[]> stray = new ConsumerRecord<>(PARTITION.topic(), 1, 0, "key", new byte[0]);

        assertThatThrownBy(() -> stage().apply(List.of(stray)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("expected 1 partition");
    }

    private void append(DocumentProposed proposal) {
        // Offsets with gaps, as transaction markers leave them.
        log.add(Fixtures.consumed(Fixtures.event(proposal), log.size() * 2L));
    }

    private DuplicateStage stage() {
        return new DuplicateStage(new ProposalLog(this::reader), metrics);
    }

    private Consumer<String, byte[]> reader() {
        MockConsumer<String, byte[]> consumer = new MockConsumer<>("earliest");
        consumer.updateBeginningOffsets(Map.of(PARTITION, 0L));
        consumer.schedulePollTask(() -> log.forEach(consumer::addRecord));
        return consumer;
    }

    /// Topic, and the rule of a drop; the bytes are in the other tests.
    private static List<String> described(List<ProducerRecord<String, byte[]>> output) {
        return output.stream().map(DuplicateStageTest::described).toList();
    }

    private static String described(ProducerRecord<String, byte[]> record) {
        if (!record.topic().equals(Events.topicName(DocumentDropped.class))) {
            return record.topic();
        }
        try {
            return record.topic() + " "
                    + DocumentDropped.parseFrom(record.value()).getRule();
        } catch (com.google.protobuf.InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }
}
