package org.millrace.trainer.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.proto.events.v1.Pretrain;
import org.millrace.proto.events.v1.TrainingPlan;
import org.millrace.testkit.BrokerExtension;

@Timeout(60)
class JobsTest {

    @RegisterExtension
    static final BrokerExtension KAFKA = new BrokerExtension();

    /// What waits here for its time waits in real life for a broker that is away.
    @Test
    void aLookDoesNotWaitForAChange(@TempDir Path scratch) throws Exception {
        var clock = new StoppedClock();
        try (Mill mill = new Mill(
                        KAFKA.bootstrapServers(),
                        ArtifactStore.open(scratch.resolve("artifacts").toUri(), scratch.resolve("cache")),
                        scratch);
                Publisher publisher = mill.publisher("0");
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Jobs jobs = Jobs.load(mill.broker, publisher, clock, 6);
            CompletableFuture<Boolean> submitted = CompletableFuture.supplyAsync(() -> submit(jobs), threads);
            assertThat(clock.asked.await(20, TimeUnit.SECONDS)).isTrue();

            int queued = CompletableFuture.supplyAsync(jobs::queued, threads).get(20, TimeUnit.SECONDS);
            boolean known = CompletableFuture.supplyAsync(() -> jobs.find("run-1"), threads)
                    .get(20, TimeUnit.SECONDS)
                    .isPresent();

            clock.goesOn.countDown();
            assertThat(submitted.get(20, TimeUnit.SECONDS)).isTrue();
            assertThat(queued).isZero();
            assertThat(known).isFalse();
            assertThat(jobs.queued()).isEqualTo(1);
        }
    }

    private static boolean submit(Jobs jobs) {
        try {
            jobs.submit(
                    "run-1",
                    TrainingPlan.newBuilder()
                            .setPretrain(Pretrain.getDefaultInstance())
                            .build());
            return true;
        } catch (Jobs.Conflict | Jobs.QueueFull e) {
            return false;
        }
    }

    private static final class StoppedClock extends Clock {

        private final CountDownLatch asked = new CountDownLatch(1);
        private final CountDownLatch goesOn = new CountDownLatch(1);

        @Override
        public Instant instant() {
            asked.countDown();
            try {
                assertThat(goesOn.await(60, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                throw new AssertionError("interrupted", e);
            }
            return Instant.EPOCH;
        }

        @Override
        public ZoneId getZone() {
            return ZoneId.of("UTC");
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}
