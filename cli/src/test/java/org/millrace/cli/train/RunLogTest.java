package org.millrace.cli.train;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.cli.Failure;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.MetricsReported;
import org.millrace.proto.events.v1.Pretrain;
import org.millrace.proto.events.v1.TrainingJob;
import org.millrace.proto.events.v1.TrainingPlan;
import org.millrace.testkit.BrokerExtension;
import picocli.CommandLine;

/// What `list` and `report` find on a log.
class RunLogTest {

    @RegisterExtension
    static final BrokerExtension BROKER = new BrokerExtension();

    @TempDir
    Path folder;

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final PrintStream out = System.out;

    @BeforeEach
    void capture() {
        System.setOut(new PrintStream(printed, true, UTF_8));
    }

    @AfterEach
    void release() {
        System.setOut(out);
    }

    @Test
    void runsAreListedAndReported() throws Exception {
        assertThat(run("list")).isZero();
        assertThat(text()).contains("There are no training runs.");
        fill();

        assertThat(run("list")).isZero();
        assertThat(text().lines())
                .anySatisfy(line ->
                        assertThat(line).startsWith("first ").contains("pretrain", " base ", " succeeded ", "+90 s"))
                .anySatisfy(line -> assertThat(line).startsWith("second ").contains(" failed ", "no \uFFFD documents"));

        Path page = folder.resolve("pages/report.html");
        assertThat(run("report", "first", "--out", page.toString())).isZero();
        assertThat(text())
                .contains("Training run first")
                .contains("loss, nats")
                .contains("pretrain.depth")
                .doesNotContain("9.000"); // of another run of this name, and of another run
        assertThat(text().lines().map(line -> line.strip().replaceAll(" +", " ")))
                .contains(
                        "loss, nats 5 1.2500 5 1.2500", "bits per byte 0.9000 0.9000 0.9000 0.9000", "3 1.2500 0.9000");
        assertThat(Files.readString(page)).contains("<h1>Training run first</h1>", "data-chart=\"0\"");

        assertThat(run("report", "third")).isEqualTo(1);
    }

    private static void fill() throws Exception {
        TrainingPlan plan = TrainingPlan.newBuilder()
                .setModel("base")
                .setMaxSteps(3)
                .setPretrain(Pretrain.newBuilder().setDepth(2))
                .build();
        TrainingJob first = TrainingJob.newBuilder()
                .setRunId("first")
                .setPlan(plan)
                .setState(TrainingJob.State.STATE_QUEUED)
                .setSubmittedAtMs(10_000)
                .setUpdatedAtMs(10_000)
                .build();
        Events events = new Events("trainer");
        try (KafkaProducer<String, byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", BROKER.bootstrapServers()),
                new StringSerializer(),
                new ByteArraySerializer())) {
            for (Message event : new Message[] {
                figure("first", 9, 9_000, Map.of("loss_nats", 9.0)),
                first,
                figure("first", 1, 20_000, Map.of("loss_nats", 5.0)),
                figure("second", 1, 20_000, Map.of("loss_nats", 9.0)),
                figure("first", 3, 30_000, Map.of("loss_nats", 1.25)),
                figure("first", 3, 30_001, Map.of("bits_per_byte", 0.9)),
                first.toBuilder()
                        .setState(TrainingJob.State.STATE_SUCCEEDED)
                        .setUpdatedAtMs(100_000)
                        .build(),
                first.toBuilder()
                        .setRunId("second")
                        .setState(TrainingJob.State.STATE_FAILED)
                        .setDetail("no \u001B documents")
                        .build()
            }) {
                String key = event instanceof TrainingJob job ? job.getRunId() : ((MetricsReported) event).getRunId();
                producer.send(events.record(key, event)).get();
            }
        }
    }

    private static MetricsReported figure(String run, long step, long atMs, Map<String, Double> values) {
        return MetricsReported.newBuilder()
                .setRunId(run)
                .setStep(step)
                .setReportedAtMs(atMs)
                .putAllValues(values)
                .build();
    }

    private int run(String... arguments) {
        printed.reset();
        String[] all = java.util.Arrays.copyOf(arguments, arguments.length + 2);
        all[arguments.length] = "--bootstrap";
        all[arguments.length + 1] = BROKER.bootstrapServers();
        return new CommandLine(new TrainCommand())
                .setExecutionExceptionHandler((e, command, parsed) -> {
                    assertThat(e).isInstanceOf(Failure.class);
                    return 1;
                })
                .execute(all);
    }

    private String text() {
        return printed.toString(UTF_8);
    }
}
