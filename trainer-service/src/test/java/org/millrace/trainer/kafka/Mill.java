package org.millrace.trainer.kafka;

import com.google.protobuf.Message;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.artifacts.Reference;
import org.millrace.bpe.BpeTrainer;
import org.millrace.bpe.SpecialToken;
import org.millrace.bpe.Tokenizer;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.checkpoint.TensorData;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.Artifact;
import org.millrace.proto.events.v1.ArtifactFile;
import org.millrace.proto.events.v1.ModelPublished;
import org.millrace.proto.events.v1.ShardWritten;
import org.millrace.proto.events.v1.TokenizerPublished;
import org.millrace.shards.Sequence;
import org.millrace.shards.ShardHeader;
import org.millrace.shards.ShardWriter;

/// The rest of the mill, for tests of the trainer: publishes what other services would, and reads what the
/// trainer published.
public final class Mill implements AutoCloseable {

    static final Clock CLOCK = Clock.systemUTC();

    final Broker broker;
    final ArtifactStore store;
    private final Path scratch;
    private final Events events = new Events("test");
    private final KafkaProducer<String, byte[]> producer;

    public Mill(String bootstrapServers, ArtifactStore store, Path scratch) {
        broker = new Broker(Map.of("bootstrap.servers", bootstrapServers), Duration.ofSeconds(30));
        this.store = store;
        this.scratch = scratch;
        producer = new KafkaProducer<>(broker.settings(), new StringSerializer(), new ByteArraySerializer());
    }

    /// A trainer's publisher; a second one of the same instance fences the first.
    Publisher publisher(String instance) {
        return new Publisher(broker, instance, e -> {});
    }

    public void send(String key, Message event) {
        send(events.record(key, event));
    }

    void send(ProducerRecord<String, byte[]> record) {
        try {
            producer.send(record).get();
        } catch (InterruptedException | java.util.concurrent.ExecutionException e) {
            throw new AssertionError("not published", e);
        }
    }

    /// Everything committed on a topic.
    List<ConsumerRecord<String, byte[]>> read(String topic) {
        Map<String, Object> settings = broker.settings();
        settings.put("isolation.level", "read_committed");
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(partition -> new TopicPartition(topic, partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            List<ConsumerRecord<String, byte[]>> records = new ArrayList<>();
            while (partitions.stream()
                    .anyMatch(partition -> consumer.position(partition) < ends.getOrDefault(partition, 0L))) {
                consumer.poll(Duration.ofMillis(50)).forEach(records::add);
            }
            return records;
        }
    }

    public <M extends Message> List<M> read(Class<M> type) {
        List<M> all = new ArrayList<>();
        for (ConsumerRecord<String, byte[]> record : read(Events.topicName(type))) {
            try {
                all.add(Events.read(record, type));
            } catch (org.millrace.events.BadRecord e) {
                continue; // what tests put there on purpose
            }
        }
        return all;
    }

    List<String> deadLetterReasons(Class<? extends Message> type) {
        return read(Events.deadLetterTopic(Events.topicName(type))).stream()
                .map(letter -> new String(
                        letter.headers().lastHeader("dlq_reason").value(), java.nio.charset.StandardCharsets.UTF_8))
                .toList();
    }

    /// Trains and publishes a small tokenizer.
    public Tokenizer tokenizer(String name, long version) throws IOException {
        Tokenizer tokenizer =
                BpeTrainer.train(List.of("the sea is blue and the sky is blue", "the sun is warm"), 300, merges -> {});
        Path directory = Files.createTempDirectory(scratch, "tokenizer");
        tokenizer.write(directory);
        send(
                name,
                TokenizerPublished.newBuilder()
                        .setName(name)
                        .setVersion(version)
                        .addAllFiles(files(store.putDirectory(directory)))
                        .setVocabularySize(tokenizer.vocabularySize())
                        .build());
        return tokenizer;
    }

    /// Writes sequences into a shard, stores it, and announces it.
    public ShardWritten shard(
            String tokenizer,
            ShardWritten.Kind kind,
            ShardWritten.Split split,
            String dataset,
            List<Sequence> sequences)
            throws IOException {
        Path file = Files.createTempFile(scratch, "shard", ".bin");
        var header = new ShardHeader(
                kind == ShardWritten.Kind.KIND_DOCUMENTS ? ShardHeader.Kind.DOCUMENTS : ShardHeader.Kind.CONVERSATIONS,
                tokenizer,
                1,
                dataset,
                300);
        ShardWriter.write(file, header, sequences);
        Reference reference = store.put(file);
        ShardWritten event = ShardWritten.newBuilder()
                .setShardId(reference.sha256())
                .setFile(artifact(reference))
                .setKind(kind)
                .setSplit(split)
                .setTokenizer(tokenizer)
                .setTokenizerVersion(1)
                .setSequences(sequences.size())
                .setDataset(dataset)
                .build();
        send(event.getShardId(), event);
        return event;
    }

    /// Documents that a model can learn quickly.
    public static List<Sequence> documents(Tokenizer tokenizer, int count) {
        List<Sequence> documents = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String text = i % 2 == 0 ? "the sea is blue and the sky is blue" : "the sun is warm and the sea is blue";
            int[] ids = tokenizer.encode(text);
            int[] tokens = new int[ids.length + 1];
            tokens[0] = tokenizer.id(SpecialToken.BOS);
            System.arraycopy(ids, 0, tokens, 1, ids.length);
            documents.add(new Sequence("d" + i, tokens, text.length()));
        }
        return documents;
    }

    static Artifact artifact(Reference reference) {
        return Artifact.newBuilder()
                .setUri(reference.uri())
                .setSha256(reference.sha256())
                .setLength(reference.length())
                .build();
    }

    static List<ArtifactFile> files(SortedMap<String, Reference> references) {
        return references.entrySet().stream()
                .map(file -> ArtifactFile.newBuilder()
                        .setName(file.getKey())
                        .setArtifact(artifact(file.getValue()))
                        .build())
                .toList();
    }

    /// Publishes a model without knowledge: all weights are zero.
    public ModelPublished model(String name, ModelPublished.Role role, Tokenizer tokenizer) throws IOException {
        return model(name, 1, role, tokenizer);
    }

    /// Publishes a version of a model: it differs from the others in where it comes from.
    ModelPublished model(String name, long version, ModelPublished.Role role, Tokenizer tokenizer) throws IOException {
        Path directory = Files.createTempDirectory(scratch, "model").resolve("checkpoint");
        Path tokenizerDirectory = Files.createTempDirectory(scratch, "tokenizer");
        tokenizer.write(tokenizerDirectory);
        writeZeros(
                directory,
                tokenizerDirectory,
                role == ModelPublished.Role.ROLE_REWARD,
                Map.of("run", "test-" + version));
        ModelPublished model = ModelPublished.newBuilder()
                .setName(name)
                .setVersion(version)
                .setRole(role)
                .addAllFiles(files(store.putDirectory(directory)))
                .setTokenizer("words")
                .setTokenizerVersion(1)
                .build();
        send(name, model);
        return model;
    }

    static void writeZeros(Path directory, Path tokenizerDirectory, boolean scalarHead, Map<String, String> provenance)
            throws IOException {
        ModelConfig config =
                new ModelConfig(1, 8, 2, 1, 4, 16, 300, 32, 10_000, 1e-5, false, true, false, 0, 1, 291, 295);
        if (scalarHead) {
            config = config.withScalarHead();
        }
        SortedMap<String, TensorData> weights = new TreeMap<>();
        config.tensors().forEach((name, shape) -> {
            int size = 1;
            for (long dimension : shape) {
                size *= (int) dimension;
            }
            weights.put(name, new TensorData(shape, FloatBuffer.allocate(size)));
        });
        Checkpoint.write(directory, config, weights, tokenizerDirectory, provenance);
    }

    @Override
    public void close() {
        producer.close();
    }
}
