package org.millrace.cli.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.artifacts.Reference;
import org.millrace.bpe.Tokenizer;
import org.millrace.broker.Broker;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.checkpoint.NumberType;
import org.millrace.cli.Failure;
import org.millrace.cli.data.kafka.TopicScan;
import org.millrace.cli.eval.ChainModel;
import org.millrace.cli.eval.EvalCommand;
import org.millrace.cli.model.kafka.ModelLog;
import org.millrace.cli.runtime.SystemState;
import org.millrace.events.Events;
import org.millrace.events.Topics;
import org.millrace.proto.events.v1.ModelPublished;
import org.millrace.proto.events.v1.TokenizerPublished;
import picocli.CommandLine;

class ImportCommandTest {

    private final StringWriter complaints = new StringWriter();
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final PrintStream out = System.out;

    @TempDir
    Path temp;

    @BeforeEach
    void capture() {
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void release() {
        System.setOut(out);
    }

    /// Twice the same model under one name, once under another: one tokenizer, three versions. What is published can
    /// be evaluated by its name.
    @Test
    void whatIsImportedIsPublishedAndStored() throws Exception {
        Path from = Foreign.writeBase(temp.resolve("open"), Foreign.config(true, true, 280), NumberType.BF16, 9_000);
        Path store = Files.createDirectory(temp.resolve("artifacts"));
        List<ModelPublished> models = new ArrayList<>();
        List<TokenizerPublished> tokenizers = new ArrayList<>();
        SortedMap<String, Reference> files;
        try (Broker broker = Broker.start(temp.resolve("kafka"), 0)) {
            String bootstrap = broker.bootstrapServers();
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
                Topics.create(admin, Duration.ofSeconds(60));
            }
            String[] log = {
                "--bootstrap", bootstrap, "--artifacts", store.toUri().toString()
            };
            for (String name : List.of("qwen", "qwen", "other")) {
                assertThat(run(new ImportCommand(), log, from.toString(), "--name", name, "--context", "32"))
                        .as(complaints.toString())
                        .isZero();
            }
            assertThat(printed.toString(StandardCharsets.UTF_8))
                    .contains(
                            "qwen version 1",
                            "context 32 (16,384 bytes of cache a slot), tokenizer qwen version 1 (new)",
                            "fine-tune it before")
                    .contains("qwen version 2", "other version 1");
            files = new ModelLog(bootstrap).newest("other").orElseThrow();
            try (TopicScan scan = new TopicScan(bootstrap)) {
                scan.read(ModelPublished.class, (_, model) -> models.add(Objects.requireNonNull(model)));
                scan.read(
                        TokenizerPublished.class, (_, tokenizer) -> tokenizers.add(Objects.requireNonNull(tokenizer)));
            }
            isEvaluated("other", bootstrap, store, files);
            isRolledBack("qwen", bootstrap, log, from);
        }

        assertThat(tokenizers).hasSize(1);
        assertThat(tokenizers.getFirst().getVocabularySize()).isEqualTo(Foreign.TOKENS + 9);
        assertThat(tokenizers.getFirst().getFilesList())
                .extracting(file -> file.getName())
                .containsExactly("tokenizer.json", "tokenizer_config.json");
        assertThat(models).hasSize(3).allSatisfy(model -> {
            assertThat(model.getRole()).isEqualTo(ModelPublished.Role.ROLE_POLICY);
            assertThat(model.getStage()).isEqualTo("import");
            assertThat(model.getTokenizer()).isEqualTo("qwen");
            assertThat(model.getTokenizerVersion()).isEqualTo(1);
        });
        assertThat(models).extracting(ModelPublished::getVersion).containsExactly(1L, 2L, 1L);
        Path served =
                ArtifactStore.open(store.toUri(), temp.resolve("cache")).materialise(files, temp.resolve("served"));
        try (Checkpoint checkpoint = Checkpoint.open(served)) {
            assertThat(checkpoint.config().context()).isEqualTo(32);
        }
    }

    /// And what is imported next has a version that was never given, also after what came last was withdrawn.
    private void isRolledBack(String name, String bootstrap, String[] log, Path from) throws Exception {
        String[] where = {"--bootstrap", bootstrap};
        assertThat(run(new RollbackCommand(), where, name))
                .as(complaints.toString())
                .isZero();
        assertThat(printed.toString(StandardCharsets.UTF_8)).contains("qwen goes back from version 2 to version 1.");
        assertThat(run(new RollbackCommand(), where, name)).isEqualTo(1);
        assertThat(run(new RollbackCommand(), where, name, "--to", "3")).isEqualTo(1);
        assertThat(run(new RollbackCommand(), where, "nobody")).isEqualTo(1);
        assertThat(complaints.toString())
                .contains(
                        "NAME: expected a model with a version that was served before 1, \"qwen\" has [1, 2].",
                        "--to: expected one of [2] (1 is served), got 3.",
                        "NAME: expected a published model, nothing is published as \"nobody\".");
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", bootstrap),
                new StringSerializer(),
                new ByteArraySerializer())) {
            producer.send(new ProducerRecord<>(Events.topicName(ModelPublished.class), name, null))
                    .get(30, TimeUnit.SECONDS);
        }
        assertThat(run(new ImportCommand(), log, from.toString(), "--name", name, "--context", "32"))
                .as(complaints.toString())
                .isZero();
        List<ModelPublished> all = new ArrayList<>();
        try (TopicScan scan = new TopicScan(bootstrap)) {
            scan.read(ModelPublished.class, (record, model) -> {
                if (record.key().equals(name) && model != null) {
                    all.add(model);
                }
            });
        }
        assertThat(all).extracting(ModelPublished::getVersion).containsExactly(1L, 2L, 1L, 3L);
        assertThat(all).extracting(ModelPublished::getHighestVersion).containsExactly(1L, 2L, 2L, 3L);
        assertThat(all.get(2).getFilesList()).isEqualTo(all.getFirst().getFilesList());
    }

    /// By a system that is up: this broker, and a service that answers as it does not know the weights.
    private void isEvaluated(String name, String bootstrap, Path store, SortedMap<String, Reference> files)
            throws Exception {
        Path laid = ArtifactStore.open(store.toUri(), temp.resolve("cache-of-chain"))
                .materialise(files, temp.resolve("chain"));
        ChainModel chain = new ChainModel(Tokenizer.read(laid.resolve("tokenizer.json")), 0.5);
        Server server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(chain)
                .build()
                .start();
        try {
            ProcessHandle self = ProcessHandle.current();
            var ports = Map.of(
                    "broker",
                    Integer.parseInt(bootstrap.substring(bootstrap.lastIndexOf(':') + 1)),
                    "inference",
                    server.getPort());
            new ObjectMapper()
                    .writeValue(
                            temp.resolve("system.json").toFile(),
                            new SystemState(
                                    new SystemState.Running(
                                            "supervisor",
                                            self.pid(),
                                            self.info()
                                                    .startInstant()
                                                    .orElseThrow()
                                                    .toEpochMilli(),
                                            0),
                                    true,
                                    ports,
                                    List.of()));
            Path task = Files.writeString(temp.resolve("alphabet.jsonl"), "{\"text\":\"xyz\"}");
            String[] state = {"--state", temp.toString()};

            assertThat(run(new EvalCommand(), state, "--model", name, "--task", task.toString()))
                    .as(complaints.toString())
                    .isZero();
            assertThat(printed.toString(StandardCharsets.UTF_8))
                    .contains("other version 3", "alphabet (bits_per_byte)", "\"tokens\":3");
            assertThat(run(new EvalCommand(), state, "--model", "nobody", "--task", task.toString()))
                    .isEqualTo(1);
            assertThat(complaints.toString())
                    .contains("--model: expected a folder or a published name, \"nobody\" is neither.");
        } finally {
            server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
        }
    }

    @Test
    void whatIsWrongIsOneSentence() throws Exception {
        Path from = Foreign.write(temp.resolve("open"), Foreign.config(true, true, 280), NumberType.F32, 1 << 20);
        Files.delete(from.resolve("model.safetensors"));
        // nothing listens there: the folder is looked at first
        String[] log = {
            "--bootstrap",
            "127.0.0.1:1",
            "--artifacts",
            Files.createDirectory(temp.resolve("store")).toUri().toString()
        };

        assertThat(run(new ImportCommand(), log, from.toString(), "--name", "qwen"))
                .isEqualTo(1);
        assertThat(complaints.toString())
                .contains("expected model.safetensors or")
                .hasLineCount(1);
        assertThat(run(new ImportCommand(), log, from.toString(), "--name", "No Name"))
                .isEqualTo(2);
        assertThat(run(new ImportCommand(), log, temp.resolve("nowhere").toString(), "--name", "qwen"))
                .isEqualTo(1);
        assertThat(run(
                        new ImportCommand(),
                        new String[] {"--bootstrap", "127.0.0.1:1"},
                        from.toString(),
                        "--name",
                        "q"))
                .isEqualTo(1);
        assertThat(complaints.toString()).contains("--artifacts: expected");
    }

    private int run(Object command, String[] log, String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of(log));
        return new CommandLine(command)
                .setErr(new PrintWriter(complaints, true))
                .setExecutionExceptionHandler((e, line, _) -> {
                    assertThat(e).isInstanceOf(Failure.class);
                    line.getErr().println(e.getMessage());
                    return 1;
                })
                .execute(all.toArray(String[]::new));
    }
}
