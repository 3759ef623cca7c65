package org.millrace.cleaner.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;
import org.millrace.cleaner.duplicate.Duplicates;
import org.millrace.cleaner.duplicate.MemoryStore;
import org.millrace.cleaner.duplicate.Store;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.DocumentCleaned;
import org.millrace.proto.events.v1.DocumentDropped;
import org.millrace.proto.events.v1.DocumentProposed;
import org.millrace.proto.events.v1.DocumentRetracted;

class DuplicateStageTest {

    private static final String MILL =
            "The miller opens the gate in the morning, and the water turns the wheel until the evening.";
    private static final String BEES =
            "Bees keep their house warm in winter. They sit close together in a ball and change places.";

    private static final Duplicates.Settings SETTINGS = new Duplicates.Settings(3, 3);

    private final List<ConsumerRecord<String, byte[]>> log = new ArrayList<>();
    private final List<String> reads = new ArrayList<>();
    private final MemoryStore store = new MemoryStore();
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
        assertThat(dropped.getDuplicateOf()).isEqualTo(id(1));
        assertThat(dropped.getExcerpt()).isEqualTo(MILL);
        assertThat(dropped.getCharacters()).isEqualTo(MILL.length());
        assertThat(metrics.counter("documents_kept").count()).isEqualTo(1);
        assertThat(metrics.counter("documents_dropped", "rule", "exact-duplicate")
                        .count())
                .isEqualTo(1);
        assertThat(metrics.get("duplicate_index_documents").gauge().value()).isEqualTo(1);
    }

    @Test
    void aLongerTextTakesThePlaceOfTheOneBefore() throws Exception {
        append(Fixtures.proposal(1, "In 18: " + MILL));
        append(Fixtures.proposal(2, "In 1865: " + MILL));

        List<ProducerRecord<String, byte[]>> output = stage().apply(log);

        assertThat(described(output))
                .containsExactly(
                        "documents.cleaned.v1",
                        "documents.cleaned.v1",
                        "documents.retracted.v1",
                        "documents.dropped.v1 near-duplicate");
        assertThat(DocumentCleaned.parseFrom(output.get(1).value()).getDocumentId())
                .isEqualTo(id(2));
        assertThat(output.get(2).key()).isEqualTo(id(1) + "/cleaner");
        assertThat(DocumentRetracted.parseFrom(output.get(2).value()))
                .isEqualTo(DocumentRetracted.newBuilder()
                        .setDocumentId(id(1))
                        .setReason("another document stands in its place")
                        .setRetractedAtMs(7)
                        .setSupersededBy(id(2))
                        .setRule("near-duplicate")
                        .build());
        DocumentDropped dropped = DocumentDropped.parseFrom(output.get(3).value());
        assertThat(dropped.getUrl()).isEqualTo("https://example.org/1");
        assertThat(dropped.getDuplicateOf()).isEqualTo(id(2));
    }

    @Test
    void equalTextKeepsItsSmallestAddress() throws Exception {
        append(at("https://example.org/b", Fixtures.proposal(1, MILL)));
        append(at("https://example.org/a", Fixtures.proposal(1, MILL)));

        List<ProducerRecord<String, byte[]>> output = stage().apply(log);

        assertThat(described(output))
                .containsExactly(
                        "documents.cleaned.v1", "documents.cleaned.v1", "documents.dropped.v1 exact-duplicate");
        DocumentCleaned moved = DocumentCleaned.parseFrom(output.get(1).value());
        assertThat(moved.getUrl()).isEqualTo("https://example.org/a");
        assertThat(moved.getReplacesUrl()).isEqualTo("https://example.org/b");
    }

    @Test
    void whatThreePagesOfAHostShareIsLeftOutOfAllOfThem() throws Exception {
        String footer = "Ask the keeper of this site for the key to the archive.";
        List<String> texts = List.of(MILL, BEES, "Salt was carried over the pass on mules, and sold by the bowl.");
        for (int i = 0; i < 3; i++) {
            append(Fixtures.proposal(i + 1, texts.get(i) + "\n\n" + footer));
        }
        DuplicateStage stage = stage();
        stage.apply(log.subList(0, 1));
        stage.apply(log.subList(1, 2));

        List<ProducerRecord<String, byte[]>> output = stage.apply(log.subList(2, 3));

        assertThat(described(output))
                .containsExactlyInAnyOrder(
                        "documents.cleaned.v1",
                        "documents.cleaned.v1",
                        "documents.cleaned.v1",
                        "documents.retracted.v1",
                        "documents.retracted.v1");
        for (ProducerRecord<String, byte[]> record : output) {
            if (record.topic().equals(Events.topicName(DocumentCleaned.class))) {
                DocumentCleaned document = DocumentCleaned.parseFrom(record.value());
                assertThat(texts).contains(document.getText());
                assertThat(document.getRemovedParagraphs()).isEqualTo(1);
                assertThat(document.getReplacesUrl()).isEmpty();
            }
        }
    }

    @Test
    void textsThatTheBrokerForgotStayAsTheyArePublished() {
        String footer = "Ask the keeper of this site for the key to the archive.";
        append(Fixtures.proposal(1, MILL + "\n\n" + footer));
        append(Fixtures.proposal(2, BEES + "\n\n" + footer));
        DuplicateStage stage = stage();
        stage.apply(log);
        ConsumerRecord<String, byte[]> third =
                Fixtures.consumed(Fixtures.event(Fixtures.proposal(3, "Salt on mules.\n\n" + footer)), 100);
        DuplicateStage later = new DuplicateStage(new ListLog("one", List.of(), reads), store, SETTINGS, metrics);
        stage.apply(List.of(Fixtures.consumed(Fixtures.event(Fixtures.proposal(1, MILL + "\n\n" + footer)), 50)));

        assertThat(described(later.apply(List.of(third)))).containsExactly("documents.cleaned.v1");
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
        stage.onPartitionsRevoked(List.of());
        stage.onPartitionsAssigned(List.of());

        assertThat(described(stage.apply(log.subList(2, 3)))).containsExactly("documents.dropped.v1 near-duplicate");
        assertThat(reads).containsExactly("0 to 0", "1 to 4"); // from its own position, not from the beginning
    }

    @Test
    void anIndexOnDiskGoesOnWhereItWas() {
        append(Fixtures.proposal(1, MILL));
        append(Fixtures.proposal(2, BEES));
        append(Fixtures.proposal(3, MILL));
        DuplicateStage killed = stage();
        killed.apply(log.subList(0, 1));
        killed.apply(log.subList(1, 2)); // shows that the first batch was committed
        reads.clear();

        DuplicateStage restarted = stage(store);

        assertThat(described(restarted.apply(log.subList(2, 3))))
                .containsExactly("documents.dropped.v1 near-duplicate");
        assertThat(reads).containsExactly("1 to 4");
    }

    @Test
    void anIndexOfAnotherLogIsMadeAnew() {
        append(Fixtures.proposal(1, MILL));
        DuplicateStage first = stage();
        first.apply(log);
        append(Fixtures.proposal(2, BEES));
        first.apply(log.subList(1, 2));

        List<ConsumerRecord<String, byte[]>> other =
                List.of(Fixtures.consumed(Fixtures.event(Fixtures.proposal(4, MILL)), 10));
        DuplicateStage elsewhere = new DuplicateStage(new ListLog("another", other, reads), store, SETTINGS, metrics);

        assertThat(described(elsewhere.apply(other))).containsExactly("documents.cleaned.v1");
    }

    @Test
    void anIndexThatIsAheadOfTheLogIsMadeAnew() {
        append(Fixtures.proposal(1, MILL));
        append(Fixtures.proposal(2, BEES));
        DuplicateStage first = stage();
        first.apply(log);
        first.apply(List.of(Fixtures.consumed(Fixtures.event(Fixtures.proposal(3, MILL)), 9)));

        // The broker came back from an old copy, without what the index knows.
        assertThat(described(stage(store).apply(log.subList(0, 1)))).containsExactly("documents.cleaned.v1");
    }

    @Test
    void aFailureInTheMiddleOfABatchLeavesNoHalfChange() {
        append(Fixtures.proposal(1, "In 18: " + MILL));
        append(Fixtures.proposal(2, BEES));
        append(Fixtures.proposal(3, "In 1865: " + MILL));
        List<String> whole = described(stage().apply(log));
        MemoryStore disk = new MemoryStore();
        ListLog failing = new ListLog("one", log, reads);
        DuplicateStage stage = new DuplicateStage(failing, disk, SETTINGS, metrics);
        List<String> output = new ArrayList<>(described(stage.apply(log.subList(0, 1))));
        stage.apply(log.subList(1, 2)); // aborted
        DuplicateStage restarted = new DuplicateStage(failing, disk, SETTINGS, metrics); // remembers no event
        failing.fail(true);

        assertThatThrownBy(() -> restarted.apply(log.subList(1, 3))).isInstanceOf(TimeoutException.class);
        failing.fail(false);
        output.addAll(described(restarted.apply(log.subList(1, 3))));

        assertThat(output).isEqualTo(whole);
    }

    /// Any cut into batches, aborts, kills at any point, and two instances that take turns, each with an index
    /// of its own that is as old as it likes.
    @Test
    void howTheLogIsCutIntoBatchesDoesNotMatter() {
        Random random = new Random(3);
        for (int i = 0; i < 80; i++) {
            String text = (random.nextBoolean() ? MILL : BEES) + " Number " + (char) ('a' + random.nextInt(6))
                    + " of them, " + "again".repeat(random.nextInt(6)) + " and so on until the end of it."
                    + (random.nextBoolean() ? "\n\nThe archive is open on Sundays." : "");
            append(Fixtures.proposalOf("https://host" + i % 2 + ".example/" + random.nextInt(30), text));
        }
        List<String> whole = described(stage().apply(log));

        for (int round = 0; round < 20; round++) {
            List<MemoryStore> disks = List.of(new MemoryStore(), new MemoryStore());
            List<DuplicateStage> instances = new ArrayList<>(List.of(stage(disks.get(0)), stage(disks.get(1))));
            int owner = 0;
            List<String> parts = new ArrayList<>();
            int from = 0;
            while (from < log.size()) {
                int to = Math.min(log.size(), from + 1 + random.nextInt(9));
                if (random.nextInt(4) == 0) {
                    instances.get(owner).apply(log.subList(from, to)); // aborted
                }
                if (random.nextInt(4) == 0) {
                    instances.set(owner, stage(disks.get(owner))); // killed
                }
                if (random.nextInt(4) == 0) {
                    instances.get(owner).onPartitionsRevoked(List.of());
                    owner = 1 - owner;
                }
                parts.addAll(described(instances.get(owner).apply(log.subList(from, to))));
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
        ConsumerRecord<String, byte[]> stray = new ConsumerRecord<>("documents.proposed.v1", 1, 0, "key", new byte[0]);

        assertThatThrownBy(() -> stage().apply(List.of(stray)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("expected 1 partition");
    }

    private void append(DocumentProposed proposal) {
        // Offsets with gaps, as transaction markers leave them.
        log.add(Fixtures.consumed(Fixtures.event(proposal), log.size() * 2L));
    }

    private DuplicateStage stage() {
        return stage(store);
    }

    private DuplicateStage stage(Store disk) {
        return new DuplicateStage(new ListLog("one", log, reads), disk, SETTINGS, metrics);
    }

    private static String id(int number) {
        return "%02x".formatted(number).repeat(32);
    }

    private static DocumentProposed at(String url, DocumentProposed proposal) {
        DocumentProposed.Builder moved = proposal.toBuilder();
        moved.getDocumentBuilder().setUrl(url);
        return moved.build();
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
