package org.millrace.trainer.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.proto.events.v1.MetricsReported;
import org.millrace.testkit.BrokerExtension;

@Timeout(60)
class PublisherTest {

    @RegisterExtension
    static final BrokerExtension KAFKA = new BrokerExtension();

    @Test
    void whoIsInterruptedPublishesAllTheSameAndStaysInterrupted(@TempDir Path scratch) throws Exception {
        try (Mill mill = mill(scratch);
                Publisher publisher = mill.publisher("interrupted")) {
            Thread.currentThread().interrupt();
            publisher.publish(List.of(figures("run-1")));
            boolean interrupted = Thread.interrupted();
            publisher.publish(List.of(figures("run-2")));

            assertThat(interrupted).isTrue();
            assertThat(mill.read(MetricsReported.class))
                    .extracting(MetricsReported::getRunId)
                    .containsExactlyInAnyOrder("run-1", "run-2");
        }
    }

    @Test
    void whoComesAfterTheEndIsToldSo(@TempDir Path scratch) throws Exception {
        try (Mill mill = mill(scratch)) {
            Publisher publisher = mill.publisher("closed");
            publisher.close();

            assertThatThrownBy(() -> publisher.publish(List.of(figures("late"))))
                    .isInstanceOf(KafkaException.class)
                    .hasMessageContaining("the trainer stops");
        }
    }

    private static Mill mill(Path scratch) throws Exception {
        return new Mill(
                KAFKA.bootstrapServers(),
                ArtifactStore.open(scratch.resolve("artifacts").toUri(), scratch.resolve("cache")),
                scratch);
    }

    private static ProducerRecord<String, byte[]> figures(String runId) {
        return Publisher.events()
                .record(runId, MetricsReported.newBuilder().setRunId(runId).build());
    }
}
