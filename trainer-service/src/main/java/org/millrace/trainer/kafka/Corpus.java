package org.millrace.trainer.kafka;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.millrace.artifacts.ArtifactCorrupt;
import org.millrace.artifacts.ArtifactMissing;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.events.BadRecord;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.Artifact;
import org.millrace.proto.events.v1.ShardWritten;
import org.millrace.shards.Shard;
import org.millrace.trainer.Example;
import org.millrace.trainer.Examples;

/// What one tokenizer made of all documents and conversations so far.
///
/// @param conversations to train on, by data set
record Corpus(
        List<Example> documents,
        List<Example> validationDocuments,
        Map<String, List<Example>> conversations,
        List<Example> validationConversations) {

    /// Reads every shard that is on the log at this moment, or up to where the run has read it before. Each file is
    /// verified and counted once; one that is missing, damaged or not what its event says becomes a dead letter,
    /// and is left out.
    ///
    /// The order is that of the shards' hashes, so the same shards are the same corpus, however the log
    /// interleaves its partitions.
    ///
    /// @param folder of the run's state, where it notes how far it has read
    static Corpus read(
            Broker broker,
            Publisher publisher,
            ArtifactStore store,
            String tokenizer,
            long tokenizerVersion,
            Path folder)
            throws IOException {
        SortedMap<String, ConsumerRecord<String, byte[]>> shards = new TreeMap<>();
        try (TopicReader reader = TopicReader.fromStart(broker, ShardWritten.class)) {
            Path note = folder.resolve("horizon");
            Optional<Horizon> noted = Horizon.read(note);
            List<ConsumerRecord<String, byte[]>> records = reader.toEnd();
            Horizon horizon = noted.isPresent() ? noted.get() : new Horizon(reader.positions());
            if (noted.isEmpty()) {
                Workplace.tryToDelete(folder); // a state that is there is of who knows which data
                horizon.write(note);
            }
            for (ConsumerRecord<String, byte[]> record : records) {
                if (!horizon.has(record)) {
                    continue;
                }
                try {
                    ShardWritten shard = Events.read(record, ShardWritten.class);
                    if (shard.getTokenizer().equals(tokenizer) && shard.getTokenizerVersion() == tokenizerVersion) {
                        shards.putIfAbsent(shard.getShardId(), record);
                    }
                } catch (BadRecord e) {
                    publisher.deadLetter(record, String.valueOf(e.getMessage()));
                }
            }
        }
        Corpus corpus = new Corpus(new ArrayList<>(), new ArrayList<>(), new TreeMap<>(), new ArrayList<>());
        for (ConsumerRecord<String, byte[]> record : shards.values()) {
            try {
                corpus.add(Events.read(record, ShardWritten.class), store);
            } catch (BadRecord e) {
                publisher.deadLetter(record, String.valueOf(e.getMessage()));
            }
        }
        return corpus;
    }

    private void add(ShardWritten event, ArtifactStore store) throws BadRecord, IOException {
        List<Example> examples;
        try (Shard shard = Shard.open(fetch(event, store))) {
            examples = Examples.of(shard);
        }
        destination(event).addAll(examples);
    }

    private List<Example> destination(ShardWritten event) throws BadRecord {
        boolean training =
                switch (event.getSplit()) {
                    case SPLIT_TRAIN -> true;
                    case SPLIT_VALIDATION -> false;
                    case SPLIT_UNSPECIFIED, UNRECOGNIZED ->
                        throw new BadRecord("split: expected train or validation, got none");
                };
        return switch (event.getKind()) {
            case KIND_DOCUMENTS -> training ? documents : validationDocuments;
            case KIND_CONVERSATIONS ->
                training
                        ? conversations.computeIfAbsent(event.getDataset(), name -> new ArrayList<>())
                        : validationConversations;
            case KIND_UNSPECIFIED, UNRECOGNIZED ->
                throw new BadRecord("kind: expected documents or conversations, got none");
        };
    }

    private static Path fetch(ShardWritten event, ArtifactStore store) throws BadRecord, IOException {
        Artifact file = event.getFile();
        if (!file.getSha256().equals(event.getShardId())) {
            throw new BadRecord("shard_id: expected the hash of the file, got another");
        }
        if (!file.getCodec().isEmpty()) {
            throw new BadRecord("file.codec: expected none, got " + file.getCodec());
        }
        try {
            return store.fetch(file.getSha256(), file.getLength());
        } catch (ArtifactMissing | ArtifactCorrupt | IllegalArgumentException e) {
            throw new BadRecord("file: " + e.getMessage(), e);
        }
    }
}
