package org.millrace.reward.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
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
import org.millrace.events.Events;
import org.millrace.proto.events.v1.ModelPublished;
import org.millrace.reward.Publication;
import org.millrace.reward.RewardModels;
import org.millrace.reward.TinyRewardModel;
import org.millrace.reward.onnx.OnnxScorer;

class ModelFeedTest {

    private static final TopicPartition PARTITION = new TopicPartition(Events.topicName(ModelPublished.class), 0);

    /// At five polls a second most of a minute.
    private static final int POLLS = 200;

    private final Path directory;
    private final ArtifactStore store;
    private final RewardModels models;
    private final LateTopic consumer = new LateTopic();
    private final ModelFeed feed;

    ModelFeedTest(@TempDir Path directory) throws IOException {
        this.directory = directory;
        store = ArtifactStore.open(directory.resolve("store").toUri(), directory.resolve("cache"));
        models = new RewardModels(store, directory.resolve("models"), OnnxScorer.factory(1), 64, (thread, cause) -> {});
        feed = new ModelFeed(consumer, models, new SimpleMeterRegistry());
        consumer.updateBeginningOffsets(Map.of(PARTITION, 0L));
        consumer.updateEndOffsets(Map.of(PARTITION, 0L));
    }

    @AfterEach
    void close() throws InterruptedException {
        models.close();
    }

    @Test
    void aStoreThatIsAwayIsAskedUntilItIsBack() throws Exception {
        ConsumerRecord<String, byte[]> event = event();
        Path away = directory.resolve("away");
        Files.move(directory.resolve("store"), away);
        consumer.schedulePollTask(() -> consumer.addRecord(event));
        for (int poll = 0; poll < POLLS; poll++) {
            consumer.schedulePollTask(() -> {});
        }
        consumer.schedulePollTask(() -> move(away, directory.resolve("store")));

        FutureTask<Void> running = start();

        await().until(() -> models.size() == 1);
        assertThat(models.served("judge").version()).isEqualTo(1);
        stop(running);
    }

    @Test
    void aTopicThatIsNotThereYetIsAwaited() throws Exception {
        consumer.absent = 2;
        ConsumerRecord<String, byte[]> event = event();
        consumer.schedulePollTask(() -> consumer.addRecord(event));

        FutureTask<Void> running = start();

        await().until(() -> models.size() == 1);
        stop(running);
    }

    @Test
    void noRefusalLeadsToWhatWasGoneBackFrom() throws Exception {
        consumer.updateEndOffsets(Map.of(PARTITION, 4L));
        List<ConsumerRecord<String, byte[]>> events = List.of(event(0, 1), broken(1, 2), event(2, 3), broken(3, 2));
        consumer.schedulePollTask(() -> events.forEach(consumer::addRecord));

        FutureTask<Void> running = start();

        await().until(() -> models.size() == 1);
        assertThat(models.served("judge").version()).isEqualTo(1);
        stop(running);
    }

    private FutureTask<Void> start() {
        FutureTask<Void> running = new FutureTask<>(feed, null);
        Thread.ofPlatform().daemon().start(running);
        return running;
    }

    private void stop(FutureTask<Void> running) throws Exception {
        feed.stop();
        running.get(10, TimeUnit.SECONDS);
    }

    private static void move(Path from, Path to) {
        try {
            Files.move(from, to);
        } catch (IOException e) {
            throw new AssertionError("not moved", e);
        }
    }

    private ConsumerRecord<String, byte[]> event() throws IOException {
        return event(0, 1);
    }

    private ConsumerRecord<String, byte[]> event(long offset, long version) throws IOException {
        return record(offset, TinyRewardModel.publish(store, directory, "judge", version, TinyRewardModel.config()));
    }

    /// Of a version without files.
    private static ConsumerRecord<String, byte[]> broken(long offset, long version) {
        return record(offset, new Publication("judge", version, new TreeMap<>()));
    }

    private static ConsumerRecord<String, byte[]> record(long offset, Publication publication) {
        ProducerRecord<String, byte[]> sent = new Events("test").record("judge", TinyRewardModel.event(publication));
        ConsumerRecord<String, byte[]> record =
                new ConsumerRecord<>(PARTITION.topic(), PARTITION.partition(), offset, sent.key(), sent.value());
        sent.headers().forEach(header -> record.headers().add(header));
        return record;
    }

    /// A topic of one partition, which is not there when it is first asked for.
    private static final class LateTopic extends MockConsumer<String, byte[]> {

        private int absent;

        LateTopic() {
            super("earliest");
        }

        @Override
        public synchronized List<PartitionInfo> partitionsFor(String topic) {
            if (absent > 0) {
                absent--;
                return List.of();
            }
            return List.of(new PartitionInfo(topic, 0, Node.noNode(), null, null));
        }
    }
}
