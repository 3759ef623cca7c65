package org.millrace.trainer.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.MetricsReported;
import org.millrace.testkit.BrokerExtension;

@Timeout(60)
class TopicReaderTest {

    private static final Duration SLOW = Duration.ofMillis(50);

    @RegisterExtension
    final BrokerExtension kafka = new BrokerExtension();

    @TempDir
    Path scratch;

    @Test
    void whatComesAfterItWasOpenedIsRead() throws Exception {
        try (Mill mill = mill();
                TopicReader byTime = TopicReader.from(mill.broker, MetricsReported.class, Long.MAX_VALUE);
                TopicReader fromEnd = TopicReader.fromEnd(mill.broker, MetricsReported.class)) {
            mill.send("run-1", MetricsReported.newBuilder().setRunId("run-1").build());

            assertThat(keys(byTime.toEnd())).containsExactly("run-1");
            assertThat(keys(fromEnd.toEnd())).containsExactly("run-1");
        }
    }

    @Test
    void aTopicThatIsNotThereIsNamed() throws Exception {
        String topic = Events.topicName(MetricsReported.class);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
            admin.deleteTopics(List.of(topic)).all().get(30, TimeUnit.SECONDS);
            await().until(() -> !admin.listTopics().names().get().contains(topic));
        }
        Broker broker = new Broker(Map.of("bootstrap.servers", kafka.bootstrapServers()), Duration.ofSeconds(30));

        assertThatThrownBy(() -> TopicReader.fromStart(broker, MetricsReported.class))
                .hasMessageContaining(topic + ": expected to be there");
    }

    /// Each answer takes a good part of the deadline, all of them together much longer.
    @Test
    void aLongLogMayTakeLongerThanOneAnswer() {
        var partition = new TopicPartition("long", 0);
        try (var consumer = new MockConsumer<String, byte[]>("earliest");
                var reader = new TopicReader(consumer, List.of(partition), SLOW.multipliedBy(2))) {
            consumer.updateBeginningOffsets(Map.of(partition, 0L));
            consumer.updateEndOffsets(Map.of(partition, 6L));
            for (int offset = 0; offset < 6; offset++) {
                var record = new ConsumerRecord<>("long", 0, offset, "key-" + offset, new byte[0]);
                consumer.schedulePollTask(() -> {
                    LockSupport.parkNanos(SLOW.toNanos());
                    consumer.addRecord(record);
                });
            }

            assertThat(reader.toEnd()).hasSize(6);
        }
    }

    @Test
    void aLogThatGoesSilentIsGivenUp() {
        var partition = new TopicPartition("silent", 0);
        try (var consumer = new MockConsumer<String, byte[]>("earliest");
                var reader = new TopicReader(consumer, List.of(partition), SLOW)) {
            consumer.updateBeginningOffsets(Map.of(partition, 0L));
            consumer.updateEndOffsets(Map.of(partition, 1L));

            assertThatThrownBy(reader::toEnd)
                    .isInstanceOf(TimeoutException.class)
                    .hasMessage("silent was not read to its end: nothing came for PT0.05S");
        }
    }

    private Mill mill() throws Exception {
        return new Mill(
                kafka.bootstrapServers(),
                ArtifactStore.open(scratch.resolve("artifacts").toUri(), scratch.resolve("cache")),
                scratch);
    }

    private static List<String> keys(List<ConsumerRecord<String, byte[]>> records) {
        return records.stream().map(ConsumerRecord::key).toList();
    }
}
