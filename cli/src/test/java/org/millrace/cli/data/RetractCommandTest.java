package org.millrace.cli.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
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
import org.millrace.broker.Broker;
import org.millrace.events.Events;
import org.millrace.events.Topics;
import org.millrace.proto.events.v1.DocumentCleaned;
import org.millrace.proto.events.v1.DocumentRetracted;
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

    @BeforeEach
    void capture() {
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
        try (Broker broker = Broker.start(state, 0)) {
            String bootstrap = broker.bootstrapServers();
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
                Topics.create(admin, Duration.ofSeconds(60));
            }
            String other = "fedcba9876543210".repeat(4);
            clean(bootstrap, ID, URL);
            clean(bootstrap, other, URL);
            clean(bootstrap, other, "https://example.org/");

            assertThat(run("retract", URL, "--bootstrap", bootstrap)).isZero();
            assertThat(said()).contains("Retracted: " + URL, "came from there: 2", ID, other);
            assertThat(run("retract", other, "--bootstrap", bootstrap)).isZero();
            assertThat(said()).contains("came from: 2", URL, "https://example.org/");
            assertThat(run("retract", "https://example.org/none", "--bootstrap", bootstrap))
                    .isZero();
            assertThat(said()).contains("No document came from there so far");
            assertThat(run("retract", "0".repeat(64), "--bootstrap", bootstrap)).isZero();
            assertThat(said()).contains("no such document so far");
            assertThat(records(bootstrap, 4)).hasSize(4);
        }
    }

    private static void clean(String bootstrap, String id, String url) throws Exception {
        try (KafkaProducer<String, byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", bootstrap), new StringSerializer(), new ByteArraySerializer())) {
            producer.send(new Events("test")
                            .record(
                                    id,
                                    DocumentCleaned.newBuilder()
                                            .setDocumentId(id)
                                            .setUrl(url)
                                            .setText("Hm.")
                                            .build()))
                    .get(30, TimeUnit.SECONDS);
        }
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
