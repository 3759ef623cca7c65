package org.millrace.tokenizer.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.bpe.BpeTrainer;
import org.millrace.proto.events.v1.Artifact;
import org.millrace.proto.events.v1.ShardWritten;
import org.millrace.shards.Shard;
import org.millrace.tokenizer.PublishedTokenizer;
import org.millrace.tokenizer.Retractions;
import org.millrace.tokenizer.Selection;
import org.millrace.tokenizer.Tally;

/// Row A7 of `docs/faults.md`: a crash between the upload of a shard and the event that names it.
class ShardTransformTest {

    private static final PublishedTokenizer TOKENIZER =
            new PublishedTokenizer("t", 1, BpeTrainer.train(List.of("mill mill race race"), 270, merges -> {}));

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
