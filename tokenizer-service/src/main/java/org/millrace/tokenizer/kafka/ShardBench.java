package org.millrace.tokenizer.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.management.OperatingSystemMXBean;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.artifacts.Reference;
import org.millrace.bpe.Tokenizer;
import org.millrace.events.BadRecord;
import org.millrace.events.Events;
import org.millrace.exactlyonce.TransactionalLoop;
import org.millrace.proto.events.v1.ArtifactFile;
import org.millrace.proto.events.v1.DocumentCleaned;
import org.millrace.proto.events.v1.ShardWritten;
import org.millrace.proto.events.v1.TokenizerPublished;
import org.millrace.tokenizer.TokenizerConfig;

/// What the service makes of cleaned documents in a second: its own loops, with the settings, the transactions
/// and the store that they always have. A round begins with a new version of the tokenizer, for which the whole
/// log is sharded again.
public final class ShardBench implements AutoCloseable {

    private static final String NAME = "bench";
    private static final Events EVENTS = new Events("bench");
    private static final Duration PATIENCE = Duration.ofMinutes(4);
    private static final int DOCUMENTS_A_TRANSACTION = 500;

    private final Map<String, Object> broker;
    private final List<String> texts;
    private final SortedMap<String, Reference> tokenizer;
    private final TokenizerLoops loops;
    private final AtomicReference<Throwable> death = new AtomicReference<>();
    private volatile Moment begun = Moment.now();
    private long version;

    /// One round over all documents.
    ///
    /// @param tokens as the events of the round name them
    /// @param shards written in it
    /// @param seconds from when the tokenizer is known, so with joining the group, to the last commit
    /// @param processorSeconds of all threads of this process, the broker's not among them
    public record Round(long tokens, long shards, double seconds, double processorSeconds) {}

    /// Puts the documents on the log, and starts what the service starts.
    ///
    /// @param environment as the service's: `KAFKA_BOOTSTRAP_SERVERS`, `MILLRACE_ARTIFACTS`, `MILLRACE_DATA`
    public ShardBench(List<String> texts, Tokenizer tokenizer, Map<String, String> environment) throws IOException {
        this.texts = texts;
        broker = Map.of("bootstrap.servers", setting(environment, "KAFKA_BOOTSTRAP_SERVERS"));
        TokenizerConfig config = config(environment);
        ArtifactStore store = ArtifactStore.open(config.artifacts(), config.data());
        Path files = Files.createDirectories(config.data().resolve("published"));
        tokenizer.write(files);
        this.tokenizer = store.putDirectory(files);
        publish(texts);
        loops = new TokenizerLoops(
                broker,
                TokenizerLoops.Settings.of(config),
                store,
                config.data(),
                Clock.systemUTC(),
                (thread, cause) -> death.set(cause));
        loops.tokenizers().whenAdded(() -> begun = Moment.now());
        loops.start();
    }

    /// Publishes the tokenizer once more, and waits until every document is in a shard of that version.
    public Round run() throws IOException, InterruptedException {
        version++;
        TokenizerPublished.Builder event =
                TokenizerPublished.newBuilder().setName(NAME).setVersion(version);
        tokenizer.forEach((file, reference) ->
                event.addFiles(ArtifactFile.newBuilder().setName(file).setArtifact(Stored.artifact(reference))));
        try (KafkaProducer<String, byte[]> producer = producer("tokenizers")) {
            producer.beginTransaction();
            send(producer, NAME, event.build());
            producer.commitTransaction();
        }
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (loops.tally().counts().documents() < version * texts.size()) {
            if (death.get() != null || System.nanoTime() > deadline) {
                throw new IOException(
                        "documents in shards: expected %d within %d s, got %d"
                                .formatted(
                                        version * texts.size(),
                                        PATIENCE.toSeconds(),
                                        loops.tally().counts().documents()),
                        death.get());
            }
            Thread.sleep(2);
        }
        Moment end = Moment.now();
        return written(end.wallNanos - begun.wallNanos, end.processorNanos - begun.processorNanos);
    }

    private Round written(long wallNanos, long processorNanos) throws IOException {
        long documents = 0;
        long tokens = 0;
        long shards = 0;
        try (LogReader reader = new LogReader(broker, Events.topicName(ShardWritten.class))) {
            for (var records = reader.untilNow(); records.hasNext(); ) {
                ShardWritten shard = read(records.next());
                if (shard.getTokenizerVersion() == version) {
                    documents += shard.getSequences();
                    tokens += shard.getTokens();
                    shards++;
                }
            }
        }
        if (documents != texts.size()) {
            throw new IOException("documents in the shards of version %d: expected %d, got %d"
                    .formatted(version, texts.size(), documents));
        }
        return new Round(tokens, shards, wallNanos / 1e9, processorNanos / 1e9);
    }

    private static ShardWritten read(ConsumerRecord<String, byte[]> record) throws IOException {
        try {
            return Events.read(record, ShardWritten.class);
        } catch (BadRecord e) {
            throw new IOException(e);
        }
    }

    /// Compressed and in transactions, as the cleaner does it.
    private void publish(List<String> texts) {
        try (KafkaProducer<String, byte[]> producer = producer("documents")) {
            for (int from = 0; from < texts.size(); from += DOCUMENTS_A_TRANSACTION) {
                producer.beginTransaction();
                for (int i = from; i < Math.min(texts.size(), from + DOCUMENTS_A_TRANSACTION); i++) {
                    String id = sha256(texts.get(i));
                    send(
                            producer,
                            id,
                            DocumentCleaned.newBuilder()
                                    .setDocumentId(id)
                                    .setUrl("https://host-%d.example/page-%d.html".formatted(i % 50, i))
                                    .setText(texts.get(i))
                                    .setLanguage("en")
                                    .build());
                }
                producer.commitTransaction();
            }
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // commitTransaction() throws if a send failed
    private static void send(KafkaProducer<String, byte[]> producer, String key, com.google.protobuf.Message event) {
        producer.send(EVENTS.record(key, event));
    }

    private KafkaProducer<String, byte[]> producer(String id) {
        Map<String, Object> settings = new HashMap<>(broker);
        settings.putAll(TransactionalLoop.producerSettings("bench-" + id));
        KafkaProducer<String, byte[]> producer =
                new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
        producer.initTransactions();
        return producer;
    }

    private static TokenizerConfig config(Map<String, String> environment) {
        Map<String, String> given = Map.of(
                "millrace.tokenizer.name",
                NAME,
                "millrace.tokenizer.auto-train-bytes",
                "0",
                "millrace.tokenizer.artifacts",
                setting(environment, "MILLRACE_ARTIFACTS"),
                "millrace.tokenizer.data",
                setting(environment, "MILLRACE_DATA"));
        return new SmallRyeConfigBuilder()
                .addSystemSources()
                .withMapping(TokenizerConfig.class)
                .withSources(new PropertiesConfigSource(given, "bench", 500))
                .withConverter(Duration.class, 100, Duration::parse)
                .build()
                .getConfigMapping(TokenizerConfig.class);
    }

    private static String setting(Map<String, String> environment, String name) {
        String value = environment.get(name);
        if (value == null) {
            throw new IllegalArgumentException(
                    name + ": expected what ./millrace bench tokenize sets, got nothing in the environment");
        }
        return value;
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /// By the wall and by the processor.
    private record Moment(long wallNanos, long processorNanos) {

        static Moment now() {
            return new Moment(
                    System.nanoTime(),
                    ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class)
                            .getProcessCpuTime());
        }
    }

    @Override
    public void close() throws InterruptedException {
        loops.close();
    }
}
