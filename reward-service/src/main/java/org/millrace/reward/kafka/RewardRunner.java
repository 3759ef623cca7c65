package org.millrace.reward.kafka;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.grpc.GlobalInterceptor;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.drain.Drain;
import org.millrace.drain.Termination;
import org.millrace.reward.RewardConfig;
import org.millrace.reward.RewardModels;
import org.millrace.reward.onnx.OnnxScorer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Builds the service from its settings, and lives and dies with the process.
@Singleton
class RewardRunner {

    private static final Logger LOGGER = LoggerFactory.getLogger(RewardRunner.class);

    /// For calls that were taken before SIGTERM. A model that is being loaded takes [#FEED] more; Kubernetes gives 45.
    private static final Duration DRAIN = Duration.ofSeconds(20);

    private static final Duration FEED = Duration.ofSeconds(15);

    private final RewardModels models;
    private final ModelFeed feed;
    private final Thread thread;
    private final Drain drain = new Drain();
    private volatile boolean cutOff;

    RewardRunner(
            RewardConfig config, @Identifier("default-kafka-broker") Map<String, Object> broker, MeterRegistry meters)
            throws IOException {
        models = new RewardModels(
                ArtifactStore.open(config.artifacts(), config.data().resolve("artifacts")),
                config.data().resolve("models"),
                OnnxScorer.factory(config.threads()),
                config.queue(),
                RewardRunner::died);
        Gauge.builder("millrace_reward_waiting_sequences", models, RewardModels::waiting)
                .register(meters);
        Map<String, Object> settings = new HashMap<>(broker);
        settings.remove("group.id"); // every instance reads everything
        settings.put("enable.auto.commit", false);
        settings.put("auto.offset.reset", "earliest");
        settings.put("isolation.level", "read_committed");
        KafkaConsumer<String, byte[]> consumer =
                new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer());
        feed = new ModelFeed(consumer, models, meters);
        thread = Thread.ofPlatform()
                .name("model-feed")
                .uncaughtExceptionHandler(RewardRunner::died)
                .unstarted(() -> {
                    try (consumer) {
                        feed.run();
                    }
                });
    }

    private static void died(Thread thread, Throwable cause) {
        LOGGER.error("{} cannot go on, the process ends", thread.getName(), cause);
        Quarkus.asyncExit(1);
    }

    @Produces
    @Singleton
    RewardModels models() {
        return models;
    }

    @Produces
    @Singleton
    @GlobalInterceptor
    Drain drain() {
        return drain;
    }

    @Produces
    @Singleton
    @Readiness
    HealthCheck taking() {
        return () -> HealthCheckResponse.named("takes calls")
                .status(!drain.hasBegun())
                .build();
    }

    /// Ready on an empty log too: until a model comes, Score says UNAVAILABLE.
    @Produces
    @Singleton
    @Readiness
    HealthCheck following() {
        return () -> HealthCheckResponse.named("follows published models")
                .status(thread.isAlive())
                .withData("models", models.size())
                .build();
    }

    void start(@Observes StartupEvent event) {
        if (LaunchMode.current() == LaunchMode.NORMAL) {
            Termination.handle(this::isDrained, Quarkus::asyncExit);
        }
        thread.start();
    }

    private boolean isDrained() {
        cutOff = !drain.complete(DRAIN);
        return !cutOff;
    }

    void stop(@Observes ShutdownEvent event) throws InterruptedException {
        feed.stop();
        if (cutOff) {
            return; // the models would first score all that waits
        }
        if (thread.isAlive() && !thread.join(FEED)) {
            LOGGER.warn("{} still loads a model, the process ends all the same", thread.getName());
            return;
        }
        models.close();
    }
}
