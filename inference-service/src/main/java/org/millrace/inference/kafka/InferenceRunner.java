package org.millrace.inference.kafka;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
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
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;
import org.jboss.logging.Logger;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.drain.Termination;
import org.millrace.inference.Device;
import org.millrace.inference.Engine;
import org.millrace.inference.InferenceConfig;
import org.millrace.inference.Mode;
import org.millrace.inference.Models;
import org.millrace.inference.Precisions;
import org.millrace.inference.RankingLog;
import org.millrace.inference.RecentAnswers;
import org.millrace.inference.Tally;
import org.millrace.inference.grpc.Exchanges;
import org.millrace.inference.onnx.OnnxDecoder;

/// Builds the service from its settings, and lives and dies with the process.
@Singleton
class InferenceRunner {

    private static final Logger LOGGER = Logger.getLogger(InferenceRunner.class);

    /// For answers that were taken before SIGTERM. What comes behind takes 20 s at most, unless a step is stuck
    /// or the broker is away: 5 until callers have their answers, 5 of the feed, 10 of [Models#close].
    /// Kubernetes gives 45.
    private static final Duration DRAIN = Duration.ofSeconds(20);

    /// For what is drawn and still on its way to callers.
    private static final Duration DELIVERY = Duration.ofSeconds(5);

    private final Exchanges exchanges;
    private final Models models;
    private final ModelFeed feed;
    private final LoggedRankings rankings;
    private final Thread thread;

    InferenceRunner(
            InferenceConfig config,
            @Identifier("default-kafka-broker") Map<String, Object> broker,
            Exchanges exchanges,
            MeterRegistry meters)
            throws IOException {
        this.exchanges = exchanges;
        var tally = new Tally();
        Device device = Device.named(config.device());
        Precisions precisions = Precisions.of(config.weights().orElse(List.of()), device);
        // A name that is never published cannot be known from one that will be.
        precisions
                .byName()
                .forEach((name, precision) -> LOGGER.infof(
                        "model=%s is to be served with weights in %s once it is published", name, precision.label()));
        models = new Models(
                ArtifactStore.open(config.artifacts(), config.data().resolve("artifacts")),
                config.data().resolve("models"),
                OnnxDecoder.factory(new OnnxDecoder.Use(device, config.threads(), config.promptChunk())),
                precisions,
                config.model(),
                new Engine.Limits(
                        config.slots(),
                        config.queue(),
                        config.promptChunk(),
                        config.promptPause(),
                        config.rolloutShare()),
                tally,
                InferenceRunner::die);
        Map<String, Object> settings = new HashMap<>(broker);
        settings.remove("group.id"); // every instance reads everything
        settings.put("enable.auto.commit", false);
        settings.put("auto.offset.reset", "earliest");
        settings.put("isolation.level", "read_committed");
        feed = new ModelFeed(
                new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer()), models, meters);
        rankings = LoggedRankings.open(broker);
        thread = Thread.ofPlatform()
                .name("model-feed")
                .uncaughtExceptionHandler(InferenceRunner::die)
                .unstarted(feed);
        measure(meters, tally);
    }

    @Produces
    @Singleton
    Models models() {
        return models;
    }

    @Produces
    @Singleton
    RankingLog rankings() {
        return rankings;
    }

    @Produces
    @Singleton
    static RecentAnswers recentAnswers() {
        return new RecentAnswers();
    }

    @Produces
    @Singleton
    @Readiness
    HealthCheck following() {
        return () -> HealthCheckResponse.named("follows published models")
                .status(thread.isAlive())
                .withData("models", models.all().size())
                .build();
    }

    @Produces
    @Singleton
    @Readiness
    HealthCheck taking() {
        return () -> HealthCheckResponse.named("takes and answers requests")
                .status(models.mode() == Mode.SERVING)
                .withData("mode", word(models.mode()))
                .build();
    }

    void start(@Observes StartupEvent event) {
        if (LaunchMode.current() == LaunchMode.NORMAL) {
            Termination.handle(this::isDrained, Quarkus::asyncExit);
        }
        thread.start();
    }

    /// Left to itself the framework would refuse calls of gRPC as INTERNAL, and wait for answers that are paused
    /// before anything here is told that the process ends.
    private boolean isDrained() {
        models.enter(Mode.DRAINING);
        boolean drawn = models.awaitIdle(DRAIN);
        if (!drawn) {
            LOGGER.errorf("answers were still being drawn %s after SIGTERM, and are cut off", DRAIN);
        }
        boolean delivered = exchanges.close(drawn ? DELIVERY : Duration.ZERO);
        if (drawn && !delivered) {
            LOGGER.errorf("answers did not reach their callers within %s, and are cut off", DELIVERY);
        }
        return drawn && delivered;
    }

    void stop(@Observes ShutdownEvent event) throws InterruptedException {
        feed.stop();
        thread.join(Duration.ofSeconds(5));
        rankings.close();
        models.close();
    }

    /// A thread that dies is a bug, or a broker that is gone for good: whoever runs us starts us afresh.
    private static void die(Thread thread, Throwable cause) {
        LOGGER.errorf(cause, "thread=%s died, the process exits", thread.getName());
        Quarkus.asyncExit(1);
    }

    private static String word(Mode mode) {
        return mode.name().toLowerCase(Locale.ROOT);
    }

    private void measure(MeterRegistry meters, Tally tally) {
        for (Mode mode : Mode.values()) {
            Gauge.builder("serving_mode", models, m -> m.mode() == mode ? 1 : 0)
                    .description("1 for what the server does with requests, 0 for what else it could do")
                    .tag("mode", word(mode))
                    .register(meters);
        }
        Gauge.builder("requests_running", models, Models::running)
                .description("answers being drawn")
                .register(meters);
        Gauge.builder("requests_waiting", models, Models::waiting)
                .description("answers that wait for a slot")
                .register(meters);
        FunctionCounter.builder("prompt_tokens", tally.promptTokens(), LongAdder::doubleValue)
                .register(meters);
        FunctionCounter.builder("generation_tokens", tally.drawnTokens(), LongAdder::doubleValue)
                .register(meters);
        FunctionCounter.builder("decode_steps", tally.steps(), LongAdder::doubleValue)
                .register(meters);
    }
}
