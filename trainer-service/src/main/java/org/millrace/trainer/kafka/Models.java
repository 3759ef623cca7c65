package org.millrace.trainer.kafka;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.artifacts.Reference;
import org.millrace.events.BadRecord;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.Artifact;
import org.millrace.proto.events.v1.ArtifactFile;
import org.millrace.proto.events.v1.ModelPublished;
import org.millrace.proto.events.v1.TokenizerPublished;
import org.millrace.trainer.TrainingFailed;

/// Models and tokenizers by name: the version of each that was published last, their files, and the next version's
/// number. For the training thread.
final class Models implements AutoCloseable {

    private final Publisher publisher;
    private final ArtifactStore store;
    private final Clock clock;
    private final Events events = Publisher.events();
    private final TopicReader modelLog;
    private final TopicReader tokenizerLog;
    private final Map<String, ModelPublished> models = new HashMap<>();

    /// Versions ever given, by name, also to what is withdrawn: none is given twice.
    private final Map<String, Long> highest = new HashMap<>();

    private final Map<String, Map<Long, TokenizerPublished>> tokenizers = new HashMap<>();

    Models(Broker broker, Publisher publisher, ArtifactStore store, Clock clock) {
        this.publisher = publisher;
        this.store = store;
        this.clock = clock;
        modelLog = TopicReader.fromStart(broker, ModelPublished.class);
        tokenizerLog = TopicReader.fromStart(broker, TokenizerPublished.class);
    }

    /// The version of a model that was published last.
    ///
    /// @param field that names it, for the message
    /// @throws TrainingFailed if there is none, or it does something else
    ModelPublished newest(String field, String name, ModelPublished.Role role) throws TrainingFailed {
        refresh();
        ModelPublished model = models.get(name);
        if (model == null) {
            throw new TrainingFailed(
                    "%s: expected a published model, nothing is published as \"%s\"".formatted(field, name));
        }
        if (model.getRole() != role) {
            throw new TrainingFailed("%s: expected %s, \"%s\" is %s".formatted(field, role, name, model.getRole()));
        }
        return model;
    }

    /// The newest version of a tokenizer.
    TokenizerPublished newestTokenizer(String name) throws TrainingFailed {
        refresh();
        return tokenizers.getOrDefault(name, Map.of()).values().stream()
                .max(java.util.Comparator.comparingLong(TokenizerPublished::getVersion))
                .orElseThrow(() -> new TrainingFailed(
                        "plan.tokenizer: expected a published tokenizer, nothing is published as \"%s\""
                                .formatted(name)));
    }

    /// The files of a model as a local directory.
    ///
    /// @param under parent of the directory
    Path fetch(ModelPublished model, Path under) throws IOException, TrainingFailed {
        return fetch("model " + model.getName() + ":" + model.getVersion(), model.getFilesList(), under);
    }

    /// The files of a tokenizer as a local directory.
    ///
    /// @param under parent of the directory
    Path fetch(TokenizerPublished tokenizer, Path under) throws IOException, TrainingFailed {
        return fetch(
                "tokenizer " + tokenizer.getName() + ":" + tokenizer.getVersion(), tokenizer.getFilesList(), under);
    }

    /// Stores a checkpoint and announces it as the next version of its name.
    ModelPublished publish(Path checkpoint, ModelPublished.Builder model) throws IOException {
        store.putDirectory(checkpoint)
                .forEach((name, file) -> model.addFiles(ArtifactFile.newBuilder()
                        .setName(name)
                        .setArtifact(Artifact.newBuilder()
                                .setUri(file.uri())
                                .setSha256(file.sha256())
                                .setLength(file.length()))));
        refresh(); // somebody may have imported a model under this name meanwhile
        long version = highest.getOrDefault(model.getName(), 0L) + 1;
        ModelPublished published = model.setVersion(version)
                .setHighestVersion(version)
                .setPublishedAtMs(clock.millis())
                .build();
        ProducerRecord<String, byte[]> record = events.record(published.getName(), published);
        publisher.publish(List.of(record));
        note(published);
        return published;
    }

    @Override
    public void close() {
        modelLog.close();
        tokenizerLog.close();
    }

    private void refresh() {
        for (ConsumerRecord<String, byte[]> record : modelLog.toEnd()) {
            ModelPublished model = read(record, ModelPublished.class);
            if (model != null) {
                note(model);
            } else if (record.value() == null) {
                models.remove(record.key());
            }
        }
        for (ConsumerRecord<String, byte[]> record : tokenizerLog.toEnd()) {
            TokenizerPublished tokenizer = read(record, TokenizerPublished.class);
            if (tokenizer != null) {
                tokenizers
                        .computeIfAbsent(tokenizer.getName(), name -> new HashMap<>())
                        .put(tokenizer.getVersion(), tokenizer);
            } else if (record.value() == null) {
                tokenizers.remove(record.key());
            }
        }
    }

    /// The last counts, also if it takes a name back to an older version.
    private void note(ModelPublished model) {
        models.put(model.getName(), model);
        highest.merge(model.getName(), Math.max(model.getVersion(), model.getHighestVersion()), Math::max);
    }

    private <M extends com.google.protobuf.Message> @Nullable M read(
            ConsumerRecord<String, byte[]> record, Class<M> type) {
        if (record.value() == null) {
            return null; // withdrawn
        }
        try {
            return Events.read(record, type);
        } catch (BadRecord e) {
            publisher.deadLetter(record, String.valueOf(e.getMessage()));
            return null;
        }
    }

    private Path fetch(String what, List<ArtifactFile> files, Path under) throws IOException, TrainingFailed {
        SortedMap<String, Reference> references = new TreeMap<>();
        try {
            for (ArtifactFile file : files) {
                Artifact artifact = file.getArtifact();
                references.put(
                        file.getName(), new Reference(artifact.getUri(), artifact.getSha256(), artifact.getLength()));
            }
            return store.materialise(references, under);
        } catch (IllegalArgumentException e) { // names and hashes come from an event
            throw new TrainingFailed(what + ": " + e.getMessage(), e);
        }
    }
}
