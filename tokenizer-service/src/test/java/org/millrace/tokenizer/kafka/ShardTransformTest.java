package org.millrace.tokenizer.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.bpe.BpeTrainer;
import org.millrace.bpe.Tokenizer;
import org.millrace.chattemplate.ChatFormat;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.Artifact;
import org.millrace.proto.events.v1.ConversationSubmitted;
import org.millrace.proto.events.v1.Message.Role;
import org.millrace.proto.events.v1.ShardWritten;
import org.millrace.proto.events.v1.ShardWritten.Source;
import org.millrace.shards.Shard;
import org.millrace.tokenizer.PublishedTokenizer;
import org.millrace.tokenizer.Retractions;
import org.millrace.tokenizer.Selection;
import org.millrace.tokenizer.Tally;

/// Row A7 of `docs/faults.md`: a crash between the upload of a shard and the event that names it.
class ShardTransformTest {

    private static final Tokenizer LEARNED = BpeTrainer.train(List.of("mill mill race race"), 270, merges -> {});
    private static final PublishedTokenizer TOKENIZER =
            new PublishedTokenizer("t", 1, LEARNED, ChatFormat.own(LEARNED));

    @TempDir
    Path folder;

    /// The first process dies before its events are sent. The second finds its files, and names no other.
    @Test
    void aBatchThatIsTriedAgainNamesTheFilesThatAreThere() throws Exception {
        List<ConsumerRecord<String, byte[]>> batch = batch();
        transform().apply(batch);
        Set<Path> uploaded = stored();

        List<ProducerRecord<String, byte[]>> output = transform().apply(batch);

        assertThat(uploaded).hasSize(2); // to learn from, and to measure on
        assertThat(stored()).isEqualTo(uploaded);
        assertThat(output).hasSize(2);
        for (ProducerRecord<String, byte[]> record : output) {
            Artifact file = ShardWritten.parseFrom(record.value()).getFile();
            Path found = store().fetch(file.getSha256(), file.getLength());
            try (Shard shard = Shard.open(found)) {
                assertThat(shard.sequences()).isPositive();
            }
        }
    }

    /// Every sequence of a shard is a record in its stretch, and the stretch begins and ends with one of them.
    @Test
    void aShardSaysWhichRecordsItWasMadeOf() throws Exception {
        List<ConsumerRecord<String, byte[]>> batch = new ArrayList<>();
        for (ConsumerRecord<String, byte[]> document : batch()) {
            int partition = (int) document.offset() % 3;
            batch.add(new ConsumerRecord<>(
                    Inputs.DOCUMENTS, partition, 100 + document.offset(), document.key(), document.value()));
        }
        batch.add(new ConsumerRecord<>(Inputs.DOCUMENTS, 2, 900, "bad", new byte[] {1})); // a dead letter
        for (int i = 0; i < 4; i++) {
            ConversationSubmitted conversation = Log.conversation("c" + i, Role.ROLE_USER, Role.ROLE_ASSISTANT);
            batch.add(new ConsumerRecord<>(Inputs.CONVERSATIONS, 0, i, "c" + i, conversation.toByteArray()));
        }

        List<ProducerRecord<String, byte[]>> output = transform().apply(batch);

        Set<String> found = new TreeSet<>();
        for (ProducerRecord<String, byte[]> record : output) {
            if (!record.topic().equals(Events.topicName(ShardWritten.class))) {
                continue;
            }
            ShardWritten event = ShardWritten.parseFrom(record.value());
            Set<String> ids = ids(event);
            found.addAll(ids);
            assertThat(event.getSourcesList())
                    .containsExactlyInAnyOrderElementsOf(expected(batch, ids))
                    .isSortedAccordingTo(Comparator.comparing(Source::getPartition));
        }
        assertThat(found).hasSize(44);
    }

    private static List<Source> expected(List<ConsumerRecord<String, byte[]>> batch, Set<String> ids) {
        return batch.stream()
                .filter(record -> ids.contains(record.key()))
                .collect(Collectors.groupingBy(
                        record -> new TopicPartition(record.topic(), record.partition()),
                        Collectors.summarizingLong(ConsumerRecord::offset)))
                .entrySet()
                .stream()
                .map(of -> Source.newBuilder()
                        .setTopic(of.getKey().topic())
                        .setPartition(of.getKey().partition())
                        .setFirstOffset(of.getValue().getMin())
                        .setLastOffset(of.getValue().getMax())
                        .build())
                .toList();
    }

    private Set<String> ids(ShardWritten event) throws IOException {
        Artifact file = event.getFile();
        Set<String> ids = new TreeSet<>();
        try (Shard shard = Shard.open(store().fetch(file.getSha256(), file.getLength()))) {
            for (int i = 0; i < shard.sequences(); i++) {
                ids.add(shard.id(i));
            }
        }
        return ids;
    }

    private static List<ConsumerRecord<String, byte[]>> batch() {
        List<ConsumerRecord<String, byte[]>> batch = new ArrayList<>();
        Log.documents(0, 40)
                .forEach(document -> batch.add(new ConsumerRecord<>(
                        Inputs.DOCUMENTS, 0, batch.size(), document.getDocumentId(), document.toByteArray())));
        return batch;
    }

    /// Of a process that has just started.
    private ShardTransform transform() throws IOException {
        return new ShardTransform(
                TOKENIZER,
                new Selection(new Retractions()),
                () -> {},
                store(),
                folder.resolve("scratch"),
                0.5,
                Clock.systemUTC(),
                new Tally());
    }

    private ArtifactStore store() throws IOException {
        return ArtifactStore.open(URI.create(folder.resolve("store").toUri().toString()), folder.resolve("cache"));
    }

    private Set<Path> stored() {
        try (Stream<Path> files = Files.walk(folder.resolve("store"))) {
            return files.filter(Files::isRegularFile).collect(Collectors.toSet());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
