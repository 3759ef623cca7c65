package org.millrace.inference.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.artifacts.Reference;
import org.millrace.events.Events;
import org.millrace.inference.Drawn;
import org.millrace.inference.Engine;
import org.millrace.inference.Generation;
import org.millrace.inference.Mode;
import org.millrace.inference.Models;
import org.millrace.inference.Precisions;
import org.millrace.inference.Sampling;
import org.millrace.inference.Served;
import org.millrace.inference.Tally;
import org.millrace.inference.TinyModel;
import org.millrace.inference.onnx.OnnxDecoder;
import org.millrace.proto.events.v1.Artifact;
import org.millrace.proto.events.v1.ArtifactFile;
import org.millrace.proto.events.v1.ModelPublished;
import org.millrace.proto.events.v1.ModelPublished.Role;

class ModelFeedTest {

    private static final TopicPartition PARTITION = new TopicPartition(Events.topicName(ModelPublished.class), 0);

    private final Path directory;
    private final ArtifactStore store;
    private final Models models;
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final MockConsumer<String, byte[]> consumer = new MockConsumer<>("earliest");
    private final ModelFeed feed;
    private long offset;

    ModelFeedTest(@TempDir Path directory) throws IOException {
        this.directory = directory;
        store = ArtifactStore.open(directory.resolve("store").toUri(), directory.resolve("cache"));
        models = new Models(
                store,
                directory.resolve("scratch"),
                OnnxDecoder.factory(1),
                Precisions.AS_TRAINED,
                Optional.empty(),
                new Engine.Limits(4, 64),
                new Tally(),
                (thread, cause) -> {});
        feed = new ModelFeed(consumer, models, meters);
        consumer.updatePartitions(
                PARTITION.topic(), List.of(new PartitionInfo(PARTITION.topic(), 0, Node.noNode(), null, null)));
        consumer.updateBeginningOffsets(Map.of(PARTITION, 0L));
    }

    @AfterEach
    void close() throws InterruptedException {
        models.close();
    }

    @Test
    void ofTheVersionsThatAreThereAtTheStartOnlyTheLastIsLoaded() throws Exception {
        Path checkpoint = TinyModel.write(directory, 1);

        run(
                event("a", 1, Role.ROLE_POLICY, checkpoint),
                event("a", 3, Role.ROLE_POLICY, checkpoint),
                event("a", 2, Role.ROLE_POLICY, checkpoint),
                event("b", 7, Role.ROLE_POLICY, checkpoint));

        assertThat(models.all())
                .extracting(Served::name, Served::version)
                .containsExactly(tuple("a", 2L), tuple("b", 7L));
        assertThat(meters.counter("models_swapped").count()).isEqualTo(2);
    }

    @Test
    void ifTheLastCannotBeServedTheOneBeforeIs() throws Exception {
        Path checkpoint = TinyModel.write(directory, 1);
        Path other = Files.createDirectory(directory.resolve("none"));

        run(
                event("a", 1, Role.ROLE_POLICY, checkpoint),
                event("a", 2, Role.ROLE_POLICY, checkpoint),
                event("a", 3, Role.ROLE_POLICY, other));

        assertThat(models.find("a").version()).isEqualTo(2);
        assertThat(meters.counter("models_refused").count()).isEqualTo(1);
    }

    @Test
    void noRefusalLeadsToWhatWasGoneBackFrom() throws Exception {
        Path checkpoint = TinyModel.write(directory, 1);
        Path none = Files.createDirectory(directory.resolve("none"));

        run(
                event("a", 1, Role.ROLE_POLICY, checkpoint),
                event("a", 2, Role.ROLE_POLICY, none),
                event("a", 3, Role.ROLE_POLICY, checkpoint),
                event("a", 2, Role.ROLE_POLICY, none));

        assertThat(models.find("a").version()).isEqualTo(1);
        assertThat(meters.counter("models_refused").count()).isEqualTo(1);
    }

    /// Nobody is drawn while paused, so no version ends.
    @Test
    void noMoreThanTwoOlderVersionsEndTheirAnswersAtOnce() throws Exception {
        Path checkpoint = TinyModel.write(directory, 1);
        List<Long> served = new ArrayList<>();
        models.enter(Mode.PAUSED);
        consumer.updateEndOffsets(Map.of(PARTITION, 0L));
        for (long version = 1; version <= 4; version++) {
            ProducerRecord<String, byte[]> event = event("a", version, Role.ROLE_POLICY, checkpoint);
            consumer.schedulePollTask(() -> add(event));
            consumer.schedulePollTask(() -> served.add(ask("a")));
        }
        consumer.schedulePollTask(() -> {
            models.enter(Mode.SERVING);
            await().until(() -> models.draining("a") == 0);
        });
        consumer.schedulePollTask(feed::stop);

        feed.run();

        assertThat(served).containsExactly(1L, 2L, 3L, 3L);
        assertThat(models.find("a").version()).isEqualTo(4);
    }

    /// @return the version that is to answer
    private long ask(String model) {
        try {
            Served newest = models.find(model);
            newest.engine()
                    .submit(new Generation(
                            new int[] {1}, new Sampling(0, 0, 1, 1), 1, 5, true, List.of(), new Generation.Listener() {
                                @Override
                                public void drawn(Drawn token) {}

                                @Override
                                public void failed(Throwable cause) {}
                            }));
            return newest.version();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /// A gauge that is there already is a warning of the registry the first time, and told for debugging later.
    @Test
    void gaugesAreMadeOnceForAllVersions() throws Exception {
        Path checkpoint = TinyModel.write(directory, 1);
        List<String> told = new ArrayList<>();
        Handler hearer = hearer(told);
        Logger registry = Logger.getLogger(MeterRegistry.class.getName());
        Level before = registry.getLevel();
        registry.setLevel(Level.ALL);
        registry.addHandler(hearer);
        try {
            oneByOne(event("a", 1, Role.ROLE_POLICY, checkpoint), event("a", 2, Role.ROLE_POLICY, checkpoint));
        } finally {
            registry.removeHandler(hearer);
            registry.setLevel(before);
        }

        assertThat(meters.counter("models_swapped").count()).isEqualTo(2);
        assertThat(meters.get("vllm:num_requests_running").gauges()).hasSize(1);
        assertThat(told).isEmpty();
    }

    private static Handler hearer(List<String> told) {
        return new Handler() {
            @Override
            public void publish(LogRecord line) {
                told.add(line.getMessage());
            }

            @Override
            public void flush() {
                // Nothing is held back.
            }

            @Override
            public void close() {
                // Nothing is open.
            }
        };
    }

    @Test
    void rewardModelsAreNotForUs() throws Exception {
        run(event("reward", 1, Role.ROLE_REWARD, TinyModel.write(directory, 1)));

        assertThat(models.all()).isEmpty();
        assertThat(meters.counter("models_refused").count()).isZero();
    }

    @Test
    void whatCannotBeReadOrServedIsCountedAndTheNextOneIsServed() throws Exception {
        ProducerRecord<String, byte[]> garbage = new ProducerRecord<>(PARTITION.topic(), "a", new byte[] {1, 2, 3});
        ProducerRecord<String, byte[]> nameless = event("", 1, Role.ROLE_POLICY, TinyModel.write(directory, 1));
        ProducerRecord<String, byte[]> empty = new Events("test")
                .record(
                        "c",
                        ModelPublished.newBuilder()
                                .setName("c")
                                .setVersion(1)
                                .setRole(Role.ROLE_POLICY)
                                .build());

        run(garbage, nameless, empty, event("b", 1, Role.ROLE_POLICY, TinyModel.write(directory, 1)));

        assertThat(models.all()).extracting(Served::name).containsExactly("b");
        assertThat(meters.counter("models_refused").count()).isEqualTo(3);
    }

    /// Lets the feed read these records, and stops it at its next poll.
    @SafeVarargs
    private void run(ProducerRecord<String, byte[]>... records) {
        consumer.updateEndOffsets(Map.of(PARTITION, (long) records.length));
        consumer.schedulePollTask(() -> List.of(records).forEach(this::add));
        consumer.schedulePollTask(feed::stop);

        feed.run();
    }

    /// Lets the feed read each record when it has served the one before.
    @SafeVarargs
    private void oneByOne(ProducerRecord<String, byte[]>... records) {
        consumer.updateEndOffsets(Map.of(PARTITION, 0L));
        for (ProducerRecord<String, byte[]> record : records) {
            consumer.schedulePollTask(() -> add(record));
        }
        consumer.schedulePollTask(feed::stop);

        feed.run();
    }

    private void add(ProducerRecord<String, byte[]> record) {
        var read = new ConsumerRecord<>(PARTITION.topic(), 0, offset++, String.valueOf(record.key()), record.value());
        record.headers().forEach(read.headers()::add);
        consumer.addRecord(read);
    }

    private ProducerRecord<String, byte[]> event(String name, long version, Role role, Path checkpoint)
            throws IOException {
        var event = ModelPublished.newBuilder()
                .setName(name)
                .setVersion(version)
                .setRole(role)
                .setStage("test");
        for (Map.Entry<String, Reference> file : store.putDirectory(checkpoint).entrySet()) {
            event.addFiles(ArtifactFile.newBuilder()
                    .setName(file.getKey())
                    .setArtifact(Artifact.newBuilder()
                            .setUri(file.getValue().uri())
                            .setSha256(file.getValue().sha256())
                            .setLength(file.getValue().length())));
        }
        return new Events("test").record(name, event.build());
    }
}
