package org.millrace.cli.data;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.artifacts.Reference;
import org.millrace.broker.Broker;
import org.millrace.events.Events;
import org.millrace.events.Topics;
import org.millrace.proto.events.v1.Artifact;
import org.millrace.proto.events.v1.DocumentCleaned;
import org.millrace.proto.events.v1.DocumentRetracted;
import org.millrace.proto.events.v1.FineTune;
import org.millrace.proto.events.v1.ModelPublished;
import org.millrace.proto.events.v1.Pretrain;
import org.millrace.proto.events.v1.ShardWritten;
import org.millrace.proto.events.v1.TokenizerPublished;
import org.millrace.proto.events.v1.TrainingJob;
import org.millrace.proto.events.v1.TrainingOrigin;
import org.millrace.proto.events.v1.TrainingPlan;
import org.millrace.shards.Sequence;
import org.millrace.shards.ShardHeader;
import org.millrace.shards.ShardWriter;
import picocli.CommandLine;

class RetractCommandTest {

    private static final String TOPIC = Events.topicName(DocumentRetracted.class);
    private static final String ID = "0123456789abcdef".repeat(4);
    private static final String URL = "https://example.org/page?number=1";

    private final StringWriter complaints = new StringWriter();

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final PrintStream out = System.out;

    @TempDir
    Path state;

    @TempDir
    Path elsewhere;

    private URI artifacts;

    @BeforeEach
    void capture() {
        artifacts = elsewhere.toUri();
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void release() {
        System.setOut(out);
    }

    @Test
    void whatIsRetractedStandsOnTheLogUntilItIsTakenBack() throws Exception {
        List<ConsumerRecord<String, byte[]>> records;
        try (Broker broker = Broker.start(state, 0)) {
            String bootstrap = broker.bootstrapServers();
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
                Topics.create(admin, Duration.ofSeconds(60));
            }
            assertThat(run("retract", URL, "--reason", "asked by its author", "--bootstrap", bootstrap))
                    .as(complaints.toString())
                    .isZero();
            assertThat(run("retract", ID, "--bootstrap", bootstrap)).isZero();
            assertThat(run("retract", URL, "--undo", "--bootstrap", bootstrap)).isZero();
            records = records(bootstrap, 3);
        }

        DocumentRetracted url = Events.read(records.get(0), DocumentRetracted.class);
        assertThat(records.get(0).key()).isEqualTo(URL);
        assertThat(url.getUrl()).isEqualTo(URL);
        assertThat(url.getReason()).isEqualTo("asked by its author");
        assertThat(url.getRetractedAtMs()).isPositive();
        assertThat(url.getRule()).isEmpty();
        assertThat(url.getSupersededBy()).isEmpty();
        assertThat(records.get(1).key()).isEqualTo(ID);
        assertThat(Events.read(records.get(1), DocumentRetracted.class).getDocumentId())
                .isEqualTo(ID);
        assertThat(records.get(2).key()).isEqualTo(URL);
        assertThat(records.get(2).value()).isNull();
    }

    @Test
    void whatARetractionIsAboutIsSaid() throws Exception {
        try (Broker broker = Broker.start(state, 0);
                KafkaProducer<String, byte[]> log = new KafkaProducer<>(
                        Map.of("bootstrap.servers", broker.bootstrapServers()),
                        new StringSerializer(),
                        new ByteArraySerializer())) {
            String bootstrap = broker.bootstrapServers();
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
                Topics.create(admin, Duration.ofSeconds(60));
            }
            String other = "fedcba9876543210".repeat(4);
            clean(log, ID, URL);
            clean(log, other, URL);
            clean(log, other, "https://example.org/");

            assertThat(run("retract", URL, "--bootstrap", bootstrap)).isZero();
            assertThat(said()).contains("Retracted: " + URL, "came from there: 2", ID, other);
            assertThat(run("retract", other, "--bootstrap", bootstrap)).isZero();
            assertThat(said()).contains("came from: 2", URL, "https://example.org/");
            assertThat(run("retract", "https://example.org/none", "--bootstrap", bootstrap))
                    .isZero();
            assertThat(said()).contains("No document came from there so far");
            assertThat(run("retract", "0".repeat(64), "--bootstrap", bootstrap)).isZero();
            assertThat(said()).contains("no such document so far", "No shard on the log holds any");
            assertThat(records(bootstrap, 4)).hasSize(4);

            Reference shard = store(ID);
            Reference twin = store(other);
            publish(log, clean(log, ID, URL), shard, twin);
            assertThat(run("retract", ID, "--bootstrap", bootstrap, "--artifacts", artifacts.toString()))
                    .as(complaints.toString())
                    .isZero();
            assertThat(said())
                    .contains(
                            "Shards that it is in, which stay as they are: 1",
                            shard.sha256() + "  documents, train split, tokenizer atlas:1",
                            "Training runs that learned from these, and their models: 3",
                            "  base (pretrain): atlas:1",
                            "  early (pretrain, perhaps): no model of it is on the log",
                            "  chat (fine-tune): atlas-chat:7")
                    .doesNotContain(twin.sha256(), "later", "before");

            Path out = elsewhere.resolve("out");
            assertThat(export(bootstrap, out, "--split", "validation")).isZero();
            assertThat(out.resolve("atlas-1-validation.bin")).hasSize(256 * 4);
            assertThat(run("retract", other, "--undo", "--bootstrap", bootstrap))
                    .isZero();
            assertThat(export(bootstrap, out, "--split", "validation")).isZero();
            assertThat(said()).contains("1 sequences of 1 shards; 0 that");

            // Without the files there are two that lie between the offsets.
            assertThat(run("retract", ID, "--bootstrap", bootstrap)).isZero();
            assertThat(said())
                    .contains(
                            "Shards that it may be in, whose files could not be read: 2", shard.sha256(), twin.sha256())
                    .contains("their models: 3");

            assertThat(run("retract", ID, "--bootstrap", bootstrap, "--artifacts", "file:/none/at/all"))
                    .isEqualTo(1);
        }
    }

    /// One with the document, its twin of the other split with another one, and one from elsewhere on the log; and
    /// what was trained from them.
    private static void publish(
            KafkaProducer<String, byte[]> log, RecordMetadata record, Reference shard, Reference twin)
            throws Exception {
        var written = ShardWritten.newBuilder()
                .setKind(ShardWritten.Kind.KIND_DOCUMENTS)
                .setSplit(ShardWritten.Split.SPLIT_TRAIN)
                .setTokenizer("atlas")
                .setTokenizerVersion(1)
                .setWrittenAtMs(1_000);
        var source = ShardWritten.Source.newBuilder()
                .setTopic(record.topic())
                .setPartition(record.partition())
                .setFirstOffset(record.offset())
                .setLastOffset(record.offset());
        send(log, shard.sha256(), event(written, shard).addSources(source).build());
        send(
                log,
                twin.sha256(),
                event(written, twin)
                        .setSplit(ShardWritten.Split.SPLIT_VALIDATION)
                        .addSources(source)
                        .build());
        source.setFirstOffset(record.offset() + 1).setLastOffset(record.offset() + 9);
        send(
                log,
                "elsewhere",
                event(written, new Reference("", "e".repeat(64), 1))
                        .addSources(source)
                        .build());

        ModelPublished atlas = ModelPublished.newBuilder()
                .setName("atlas")
                .setVersion(1)
                .setRunId("base")
                .setTokenizer("atlas")
                .setTokenizerVersion(1)
                .build();
        send(log, "base", pretrain("base", 2_000, 3_000, 1));
        send(log, "early", pretrain("early", 500, 3_000, 1));
        send(log, "before", pretrain("before", 100, 900, 1));
        send(log, "later", pretrain("later", 2_000, 3_000, 2));
        send(
                log,
                "chat",
                TrainingJob.newBuilder()
                        .setRunId("chat")
                        .setPlan(TrainingPlan.newBuilder().setFineTune(FineTune.getDefaultInstance()))
                        .setOrigin(TrainingOrigin.newBuilder().setBase(atlas))
                        .setSubmittedAtMs(4_000)
                        .setUpdatedAtMs(5_000)
                        .build());
        send(
                log,
                "atlas-chat",
                ModelPublished.newBuilder()
                        .setName("atlas-chat")
                        .setVersion(7)
                        .setRunId("chat")
                        .build());
    }

    private static ShardWritten.Builder event(ShardWritten.Builder written, Reference file) {
        return written.clone()
                .setShardId(file.sha256())
                .setFile(Artifact.newBuilder().setSha256(file.sha256()).setLength(file.length()));
    }

    private static TrainingJob pretrain(String run, long submittedAt, long updatedAt, long tokenizerVersion) {
        return TrainingJob.newBuilder()
                .setRunId(run)
                .setPlan(TrainingPlan.newBuilder()
                        .setPretrain(Pretrain.newBuilder().setDepth(2)))
                .setOrigin(TrainingOrigin.newBuilder()
                        .setTokenizer(
                                TokenizerPublished.newBuilder().setName("atlas").setVersion(tokenizerVersion)))
                .setSubmittedAtMs(submittedAt)
                .setUpdatedAtMs(updatedAt)
                .build();
    }

    private Reference store(String id) throws IOException {
        Path file = state.resolve("draft.shard");
        ShardWriter.write(
                file,
                new ShardHeader(ShardHeader.Kind.DOCUMENTS, "atlas", 1, "", 300),
                List.of(new Sequence(id, new int[] {299, 1}, 1)));
        return ArtifactStore.open(artifacts, state).put(file);
    }

    private static RecordMetadata clean(KafkaProducer<String, byte[]> log, String id, String url) throws Exception {
        return send(
                log,
                id,
                DocumentCleaned.newBuilder()
                        .setDocumentId(id)
                        .setUrl(url)
                        .setText("Hm.")
                        .build());
    }

    private static RecordMetadata send(KafkaProducer<String, byte[]> log, String key, Message event) throws Exception {
        return log.send(new Events("test").record(key, event)).get(30, TimeUnit.SECONDS);
    }

    private int export(String bootstrap, Path out, String... more) {
        List<String> arguments = new ArrayList<>(List.of("export", "--format", "llm.c", "--out", out.toString()));
        arguments.addAll(List.of("--bootstrap", bootstrap, "--artifacts", artifacts.toString()));
        arguments.addAll(List.of(more));
        return run(arguments.toArray(String[]::new));
    }

    /// Since the last time.
    private String said() {
        String said = printed.toString(StandardCharsets.UTF_8);
        printed.reset();
        return said;
    }

    @ParameterizedTest
    @ValueSource(strings = {"example.org/page", "ftp://example.org/page", "0123", "https://"})
    void whatIsNeitherAUrlNorAnIdIsRefused(String what) {
        assertThat(run("retract", what, "--bootstrap", "127.0.0.1:1")).isEqualTo(2);
        assertThat(complaints.toString())
                .contains("expected an absolute http or https URL")
                .contains(what);
    }

    private int run(String... arguments) {
        return new CommandLine(new DataCommand())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setErr(new PrintWriter(complaints, true))
                .execute(arguments);
    }

    private static List<ConsumerRecord<String, byte[]>> records(String bootstrap, int count) {
        try (KafkaConsumer<String, byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", bootstrap, "auto.offset.reset", "earliest"),
                new StringDeserializer(),
                new ByteArrayDeserializer())) {
            consumer.assign(List.of(new TopicPartition(TOPIC, 0)));
            List<ConsumerRecord<String, byte[]>> records = new ArrayList<>();
            long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
            while (records.size() < count && System.nanoTime() < deadline) {
                consumer.poll(Duration.ofMillis(100)).forEach(records::add);
            }
            return records;
        }
    }
}
