package org.millrace.cli.model.kafka;

import com.google.protobuf.Message;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.millrace.artifacts.Reference;
import org.millrace.cli.Failure;
import org.millrace.cli.data.kafka.TopicScan;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.Artifact;
import org.millrace.proto.events.v1.ArtifactFile;
import org.millrace.proto.events.v1.ModelPublished;
import org.millrace.proto.events.v1.TokenizerPublished;

/// Models and tokenizers that are published, and how one is added to them.
public final class ModelLog {

    private static final int PATIENCE_MS = 30_000;
    private static final Events EVENTS = new Events("cli");

    private final String bootstrap;

    public ModelLog(String bootstrap) {
        this.bootstrap = bootstrap;
    }

    /// Files of the version of a model that was published last.
    public Optional<SortedMap<String, Reference>> newest(String model) {
        return Optional.ofNullable(models().get(model)).map(found -> references(found.getFilesList()));
    }

    /// What is said, in one transaction: first the tokenizer, if its files are not those of a published
    /// one, then the model.
    ///
    /// @param tokenizer name for it, if it is new
    /// @return both as they stand on the log now
    public Said publish(
            String model,
            SortedMap<String, Reference> files,
            String tokenizer,
            SortedMap<String, Reference> tokenizerFiles,
            int vocabulary,
            long nowMs) {
        Map<String, TokenizerPublished> tokenizers = tokenizers();
        List<ProducerRecord<String, byte[]>> records = new ArrayList<>();
        TokenizerPublished known = tokenizers.values().stream()
                .filter(other -> same(references(other.getFilesList()), tokenizerFiles))
                .findFirst()
                .orElse(null);
        if (known == null) {
            TokenizerPublished before = tokenizers.get(tokenizer);
            known = TokenizerPublished.newBuilder()
                    .setName(tokenizer)
                    .setVersion(before == null ? 1 : before.getVersion() + 1)
                    .addAllFiles(artifacts(tokenizerFiles))
                    .setVocabularySize(vocabulary)
                    .setPublishedAtMs(nowMs)
                    .build();
            records.add(EVENTS.record(tokenizer, known));
        }
        long version = highest(all(model)) + 1;
        ModelPublished published = ModelPublished.newBuilder()
                .setName(model)
                .setVersion(version)
                .setHighestVersion(version)
                .setRole(ModelPublished.Role.ROLE_POLICY)
                .addAllFiles(artifacts(files))
                .setStage("import")
                .setPublishedAtMs(nowMs)
                .setTokenizer(known.getName())
                .setTokenizerVersion(known.getVersion())
                .build();
        records.add(EVENTS.record(model, published));
        send(records, model);
        return new Said(published.getVersion(), known.getName(), known.getVersion(), records.size() > 1);
    }

    /// Publishes an older version again, so that whoever serves the model goes back to it.
    ///
    /// @param to its version; empty: the one that was served before
    /// @throws Failure if the log does not have it
    public Back rollBack(String model, OptionalLong to, long nowMs) {
        List<ModelPublished> all = all(model);
        if (all.isEmpty()) {
            throw new Failure("NAME: expected a published model, nothing is published as \"%s\".".formatted(model));
        }
        List<Long> way = way(all);
        long from = way.getLast();
        SortedMap<Long, ModelPublished> versions = new TreeMap<>();
        all.forEach(published -> versions.put(published.getVersion(), published));
        Set<Long> others = new TreeSet<>(versions.keySet());
        others.remove(from);
        if (to.isEmpty() && way.size() == 1) {
            throw new Failure("NAME: expected a model with a version that was served before %d, \"%s\" has %s."
                    .formatted(from, model, versions.keySet()));
        }
        long wanted = to.isPresent() ? to.getAsLong() : way.get(way.size() - 2);
        if (!others.contains(wanted)) {
            throw new Failure("--to: expected one of %s (%d is served), got %d.".formatted(others, from, wanted));
        }
        ModelPublished again = Objects.requireNonNull(versions.get(wanted)).toBuilder()
                .setHighestVersion(highest(all))
                .setPublishedAtMs(nowMs)
                .build();
        send(List.of(EVENTS.record(model, again)), model);
        return new Back(from, wanted);
    }

    /// Versions on the way to the one that is served, which is at the end: one that was published again takes back all
    /// that came after it.
    static List<Long> way(List<ModelPublished> all) {
        List<Long> way = new ArrayList<>();
        for (ModelPublished published : all) {
            int known = way.indexOf(published.getVersion());
            if (known >= 0) {
                way.subList(known, way.size()).clear();
            }
            way.add(published.getVersion());
        }
        return way;
    }

    /// @param from version that was published last before
    /// @param to version that is now
    public record Back(long from, long to) {}

    /// @param newTokenizer whether it was published with the model
    public record Said(long modelVersion, String tokenizer, long tokenizerVersion, boolean newTokenizer) {}

    private Map<String, ModelPublished> models() {
        Map<String, ModelPublished> models = new HashMap<>();
        scan(ModelPublished.class, models);
        return models;
    }

    /// All that the log has of one model, withdrawn or not, the last at the end.
    private List<ModelPublished> all(String model) {
        List<ModelPublished> all = new ArrayList<>();
        try (TopicScan scan = new TopicScan(bootstrap)) {
            scan.read(ModelPublished.class, (_, event) -> {
                if (event != null && event.getName().equals(model)) {
                    all.add(event);
                }
            });
        }
        return all;
    }

    /// Version that was ever given; 0: none was.
    private static long highest(List<ModelPublished> all) {
        return all.stream()
                .mapToLong(published -> Math.max(published.getVersion(), published.getHighestVersion()))
                .max()
                .orElse(0);
    }

    private Map<String, TokenizerPublished> tokenizers() {
        Map<String, TokenizerPublished> tokenizers = new HashMap<>();
        scan(TokenizerPublished.class, tokenizers);
        return tokenizers;
    }

    /// The last of each name.
    private <M extends Message> void scan(Class<M> type, Map<String, M> last) {
        try (TopicScan scan = new TopicScan(bootstrap)) {
            scan.read(type, (record, event) -> {
                if (event == null) {
                    last.remove(record.key());
                } else {
                    last.put(record.key(), event);
                }
            });
        }
    }

    /// Models of one family share `tokenizer.json` and differ in their chat template.
    private static boolean same(SortedMap<String, Reference> some, SortedMap<String, Reference> others) {
        return hashes(some).equals(hashes(others));
    }

    private static List<String> hashes(SortedMap<String, Reference> files) {
        return files.entrySet().stream()
                .map(file -> file.getKey() + " " + file.getValue().sha256())
                .toList();
    }

    private static SortedMap<String, Reference> references(List<ArtifactFile> files) {
        SortedMap<String, Reference> references = new TreeMap<>();
        for (ArtifactFile file : files) {
            Artifact artifact = file.getArtifact();
            references.put(
                    file.getName(), new Reference(artifact.getUri(), artifact.getSha256(), artifact.getLength()));
        }
        return references;
    }

    private static List<ArtifactFile> artifacts(SortedMap<String, Reference> files) {
        return files.entrySet().stream()
                .map(file -> ArtifactFile.newBuilder()
                        .setName(file.getKey())
                        .setArtifact(Artifact.newBuilder()
                                .setUri(file.getValue().uri())
                                .setSha256(file.getValue().sha256())
                                .setLength(file.getValue().length()))
                        .build())
                .toList();
    }

    @SuppressWarnings("FutureReturnValueIgnored") // commitTransaction() flushes, and throws if any send failed
    private void send(List<ProducerRecord<String, byte[]>> records, String model) {
        Map<String, Object> settings = Map.of(
                "bootstrap.servers", bootstrap,
                "transactional.id", "import-" + model, // two imports of a name at once: the later one counts
                "max.block.ms", PATIENCE_MS,
                "request.timeout.ms", PATIENCE_MS / 2,
                "delivery.timeout.ms", PATIENCE_MS);
        KafkaProducer<String, byte[]> producer =
                new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
        try {
            producer.initTransactions();
            producer.beginTransaction();
            try {
                records.forEach(producer::send);
                producer.commitTransaction();
            } catch (ProducerFencedException | AuthorizationException | TimeoutException e) {
                throw e; // beyond an abort; the broker aborts what was not committed
            } catch (KafkaException e) {
                producer.abortTransaction();
                throw e;
            }
        } finally {
            producer.close(Duration.ofMillis(PATIENCE_MS));
        }
    }
}
