package org.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BrokerTest {

    private static final Duration DEADLINE = Duration.ofSeconds(30);

    @TempDir
    Path data;

    @Test
    void onlyCommittedRecordsAreReadAndARestartKeepsThem() throws Exception {
        int port;
        try (Broker broker = Broker.start(data, 0)) {
            port = broker.port();
            createTopic(broker, "t");
            transact(broker, "kept", true);
            transact(broker, "aborted", false);
            transact(broker, "kept too", true);

            assertThat(committed(broker, 2)).containsExactly("kept", "kept too");
        }
        try (Broker broker = Broker.start(data, port)) {
            transact(broker, "after the restart", true);

            assertThat(committed(broker, 3)).containsExactly("kept", "kept too", "after the restart");
        }
    }

    @Test
    void aShareGroupDeliversAgainWhatWasReleasedAndNotWhatWasAccepted() throws Exception {
        try (Broker broker = Broker.start(data, 0)) {
            createTopic(broker, "t");
            transact(broker, "first", true);
            transact(broker, "second", true);
            startAtTheBeginning(broker, "workers");

            try (var worker = shareConsumer(broker)) {
                List<String> accepted = new ArrayList<>();
                List<String> released = new ArrayList<>();
                long end = System.nanoTime() + DEADLINE.toNanos();
                while (accepted.size() < 2 && System.nanoTime() < end) {
                    for (ConsumerRecord<String, String> record : worker.poll(Duration.ofMillis(200))) {
                        boolean again = record.deliveryCount().orElseThrow() > 1;
                        if (record.value().equals("first") && !again) {
                            worker.acknowledge(record, AcknowledgeType.RELEASE);
                            released.add(record.value());
                        } else {
                            worker.acknowledge(record, AcknowledgeType.ACCEPT);
                            accepted.add(record.value());
                        }
                    }
                    worker.commitSync();
                }

                assertThat(released).containsExactly("first");
                assertThat(accepted).containsExactlyInAnyOrder("first", "second");
            }
            try (var next = shareConsumer(broker)) {
                assertThat(next.poll(Duration.ofSeconds(2))).isEmpty();
            }
        }
    }

    @Test
    void aTakenPortIsRefusedInOneSentence() throws IOException {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> Broker.start(data, taken.getLocalPort()))
                    .isInstanceOf(IOException.class)
                    .hasMessage("port %d on 127.0.0.1 is in use: stop what listens there, or choose another port"
                            .formatted(taken.getLocalPort()));
        }
    }

    @Test
    void dataThatAnotherBrokerUsesIsRefused() throws IOException {
        try (Broker first = Broker.start(data, 0)) {
            assertThatThrownBy(() -> Broker.start(data, 0))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("another broker uses " + data);

            assertThat(committedTopics(first)).isEmpty();
        }
    }

    private static void createTopic(Broker broker, String name) throws Exception {
        try (Admin admin = admin(broker)) {
            admin.createTopics(List.of(new NewTopic(name, 1, (short) 1))).all().get(20, TimeUnit.SECONDS);
        }
    }

    private static Set<String> committedTopics(Broker broker) {
        try (Admin admin = admin(broker)) {
            return admin.listTopics().names().get(20, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError("the first broker no longer answers", e);
        }
    }

    private static void startAtTheBeginning(Broker broker, String group) throws Exception {
        try (Admin admin = admin(broker)) {
            admin.incrementalAlterConfigs(Map.of(
                            new ConfigResource(ConfigResource.Type.GROUP, group),
                            List.of(new AlterConfigOp(
                                    new ConfigEntry("share.auto.offset.reset", "earliest"), AlterConfigOp.OpType.SET))))
                    .all()
                    .get(20, TimeUnit.SECONDS);
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // the commit fails if the send did
    private static void transact(Broker broker, String value, boolean commit) {
        Map<String, Object> settings =
                Map.of("bootstrap.servers", broker.bootstrapServers(), "transactional.id", "writer");
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("t", "k", value));
            producer.flush();
            if (commit) {
                producer.commitTransaction();
            } else {
                producer.abortTransaction();
            }
        }
    }

    private static List<String> committed(Broker broker, int expected) {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", broker.bootstrapServers());
        settings.put("isolation.level", "read_committed");
        settings.put("auto.offset.reset", "earliest");
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(List.of(new TopicPartition("t", 0)));
            List<String> values = new ArrayList<>();
            long end = System.nanoTime() + DEADLINE.toNanos();
            while (values.size() < expected && System.nanoTime() < end) {
                consumer.poll(Duration.ofMillis(200)).forEach(record -> values.add(record.value()));
            }
            return values;
        }
    }

    private static KafkaShareConsumer<String, String> shareConsumer(Broker broker) {
        Map<String, Object> settings = Map.of(
                "bootstrap.servers", broker.bootstrapServers(),
                "group.id", "workers",
                "share.acknowledgement.mode", "explicit");
        var consumer = new KafkaShareConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
        consumer.subscribe(List.of("t"));
        return consumer;
    }

    private static Admin admin(Broker broker) {
        return Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
    }
}
