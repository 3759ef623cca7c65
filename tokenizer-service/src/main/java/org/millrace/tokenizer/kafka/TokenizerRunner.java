package org.millrace.tokenizer.kafka;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.grpc.GlobalInterceptor;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.drain.Drain;
import org.millrace.drain.Termination;
import org.millrace.tokenizer.Backlog;
import org.millrace.tokenizer.Tally;
import org.millrace.tokenizer.TokenizerConfig;
import org.millrace.tokenizer.Tokenizers;
import org.millrace.tokenizer.Training;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Builds the loops from configuration, and lives and dies with the process.
@ApplicationScoped
@Readiness
@Liveness
class TokenizerRunner implements HealthCheck {

    private static final Logger LOGGER = LoggerFactory.getLogger(TokenizerRunner.class);

    /// For calls that were taken before SIGTERM, a training too. The loops take up to 20 s more; Kubernetes gives 45.
    private static final Duration DRAIN = Duration.ofSeconds(20);

    private final TokenizerLoops loops;
    private final Drain drain = new Drain();

    TokenizerRunner(
            TokenizerConfig config,
            @Identifier("default-kafka-broker") Map<String, Object> broker,
            MeterRegistry metrics)
            throws IOException {
        loops = new TokenizerLoops(
                broker,
                TokenizerLoops.Settings.of(config),
                ArtifactStore.open(config.artifacts(), config.data().resolve("artifacts")),
                config.data(),
                Clock.systemUTC(),
                TokenizerRunner::died);
        count(
                metrics,
                "millrace.tokenizer.sequences",
                tally -> tally.counts().documents() + tally.counts().conversations());
        count(metrics, "millrace.tokenizer.tokens", tally -> tally.counts().tokens());
        count(metrics, "millrace.tokenizer.shards", tally -> tally.counts().shards());
    }

    private void count(MeterRegistry metrics, String name, ToDoubleFunction<Tally> value) {
        FunctionCounter.builder(name, loops.tally(), value).register(metrics);
    }

    private static void died(Thread thread, Throwable cause) {
        LOGGER.error("{} died, the process ends to be started afresh", thread.getName(), cause);
        Quarkus.asyncExit(1);
    }

    void start(@Observes StartupEvent event) {
        if (LaunchMode.current() == LaunchMode.NORMAL) {
            Termination.handle(() -> drain.complete(DRAIN), Quarkus::asyncExit);
        }
        loops.start();
    }

    void stop(@Observes ShutdownEvent event) throws InterruptedException {
        loops.close();
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("loops").status(loops.isAlive()).build();
    }

    @Produces
    @Singleton
    @Readiness
    HealthCheck taking() {
        return () -> HealthCheckResponse.named("takes calls")
                .status(!drain.hasBegun())
                .build();
    }

    @Produces
    @Singleton
    @GlobalInterceptor
    Drain drain() {
        return drain;
    }

    @Produces
    @Singleton
    Tokenizers tokenizers() {
        return loops.tokenizers();
    }

    @Produces
    @Singleton
    Tally tally() {
        return loops.tally();
    }

    @Produces
    @Singleton
    Training training() {
        return loops.training();
    }

    @Produces
    @Singleton
    Backlog backlog() {
        return loops.backlog();
    }
}
