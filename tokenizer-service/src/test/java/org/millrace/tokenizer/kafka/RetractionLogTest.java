package org.millrace.tokenizer.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.WakeupException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.DocumentCleaned;
import org.millrace.proto.events.v1.DocumentRetracted;
import org.millrace.testkit.BrokerExtension;

class RetractionLogTest {

    private static final DocumentCleaned DOCUMENT = Log.documents(1, 2).getFirst();

    @RegisterExtension
    static final BrokerExtension BROKER = BrokerExtension.emptiedForEachTest();

    private Log log;
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");

    @BeforeEach
    void open() {
        log = new Log(BROKER.bootstrapServers());
    }

    @Test
    void whatIsSaidIsKnownAndWhatIsTakenBackIsNot() {
        log.publish(List.of(retracted("d1"), retracted("d2")));
        try (RetractionLog retractions = retractions()) {
            assertThat(retractions.retractions().has("d1")).isTrue();
            log.restore(DOCUMENT);
            retractions.catchUp();

            assertThat(retractions.retractions().has("d1")).isFalse();
            assertThat(retractions.retractions().has("d2")).isTrue();
        }
    }

    /// Nobody can read the restoration while its transaction is open; but it was said before.
    @Test
    void whoCatchesUpWaitsForTransactionsThatAreUnderWay() throws Exception {
        log.publish(List.of(retracted("d1")));
        try (RetractionLog retractions = retractions();
                var thread = Executors.newSingleThreadExecutor()) {
            CompletableFuture<Void> caughtUp;
            try (AutoCloseable _ = log.restoring(DOCUMENT)) {
                caughtUp = CompletableFuture.runAsync(retractions::catchUp, thread);

                assertThatExceptionOfType(TimeoutException.class).isThrownBy(() -> caughtUp.get(1, TimeUnit.SECONDS));
            }
            caughtUp.get(30, TimeUnit.SECONDS);

            assertThat(retractions.retractions().has("d1")).isFalse();
        }
    }

    @Test
    void whoStopsDoesNotWaitForTransactions() throws Exception {
        try (RetractionLog retractions = retractions();
                var thread = Executors.newSingleThreadExecutor();
                AutoCloseable _ = log.restoring(DOCUMENT)) {
            CompletableFuture<Void> caughtUp = CompletableFuture.runAsync(retractions::catchUp, thread);
            retractions.wakeup();

            assertThatExceptionOfType(ExecutionException.class)
                    .isThrownBy(() -> caughtUp.get(30, TimeUnit.SECONDS))
                    .withCauseInstanceOf(WakeupException.class);
        }
    }

    /// That a retraction was taken back is gone from the log after a day.
    @Test
    void afterHalfADayEverythingIsReadAnew() throws Exception {
        log.publish(List.of(retracted("d1")));
        try (RetractionLog retractions = retractions()) {
            TopicPartition partition = new TopicPartition(Events.topicName(DocumentRetracted.class), 0);
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", BROKER.bootstrapServers()))) {
                // Nothing may be deleted from a topic that is only compacted.
                admin.incrementalAlterConfigs(Map.of(
                                new ConfigResource(ConfigResource.Type.TOPIC, partition.topic()),
                                List.of(new AlterConfigOp(
                                        new ConfigEntry("cleanup.policy", "compact,delete"),
                                        AlterConfigOp.OpType.SET))))
                        .all()
                        .get(30, TimeUnit.SECONDS);
                admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(-1)))
                        .all()
                        .get(30, TimeUnit.SECONDS);
            }
            retractions.catchUp();
            assertThat(retractions.retractions().has("d1")).isTrue();

            now = now.plus(Duration.ofHours(13));
            retractions.catchUp();

            assertThat(retractions.retractions().has("d1")).isFalse();
        }
    }

    private RetractionLog retractions() {
        return new RetractionLog(Map.of("bootstrap.servers", BROKER.bootstrapServers()), () -> now);
    }

    private static DocumentRetracted retracted(String id) {
        return DocumentRetracted.newBuilder()
                .setDocumentId(id)
                .setRule("near-duplicate")
                .build();
    }
}
