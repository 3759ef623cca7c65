package org.millrace.trainer.kafka;

import io.grpc.MethodDescriptor;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.quarkus.grpc.GlobalInterceptor;
import io.quarkus.opentelemetry.runtime.config.runtime.OTelRuntimeConfig;
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
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.drain.Drain;
import org.millrace.drain.Termination;
import org.millrace.events.Traces;
import org.millrace.trainer.TrainerConfig;
import org.millrace.trainer.torch.TorchTrainer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Builds the trainer from configuration, and lives and dies with the process: one thread works the
/// queue, and if it ends before its time, so does the process.
@ApplicationScoped
@Readiness
@Liveness
class TrainerRunner implements HealthCheck {

    private static final Logger LOGGER = LoggerFactory.getLogger(TrainerRunner.class);

    /// For calls that were taken before SIGTERM and take a moment. Watches end at once.
    static final Duration DRAIN = Duration.ofSeconds(2);

    /// For the step in hand. With [#DRAIN], which comes first, and the record that puts the run back it must stay
    /// well under the 45 s after which a process is killed: a kill counts as an attempt.
    static final Duration PATIENCE = Duration.ofSeconds(15);

    /// Long enough for a store to be started again.
    private static final Duration PAUSE = Duration.ofSeconds(30);

    private final Publisher publisher;
    private final Models models;
    private final Jobs jobs;
    private final RunFeed feed;
    private final JobRunner runner;
    private final Thread thread;
    private final Drain drain = new Drain(method -> method.getType() == MethodDescriptor.MethodType.UNARY);

    TrainerRunner(
            TrainerConfig config,
            @Identifier("default-kafka-broker") Map<String, Object> clients,
            MeterRegistry meters,
            OpenTelemetry telemetry,
            OTelRuntimeConfig traces)
            throws IOException {
        Broker broker = new Broker(clients, config.brokerDeadline());
        Clock clock = Clock.systemUTC();
        ArtifactStore store =
                ArtifactStore.open(config.artifacts(), config.data().resolve("artifacts"));
        publisher = new Publisher(broker, config.instance(), e -> died(Thread.currentThread(), e));
        jobs = Jobs.load(broker, publisher, clock, config.maximumQueued());
        feed = new RunFeed(broker, jobs, publisher);
        models = new Models(broker, publisher, store, clock);
        Path scratch = config.data().resolve("runs");
        Workplace.clear(scratch); // now that whoever worked there before is fenced
        States states = new States(config.data().resolve("states"), config.stateInterval());
        states.clear(runId -> jobs.find(runId).map(job -> !Jobs.hasEnded(job)).orElse(false));
        Stages stages = new Stages(
                broker,
                publisher,
                store,
                models,
                new TorchTrainer(config.threads()),
                clock,
                meters,
                Traces.unless(traces.sdkDisabled(), telemetry).getTracer("trainer"),
                new Stages.Settings(scratch, states, config.rankingsDeadline(), config.roundDeadline()));
        runner = new JobRunner(jobs, stages, PAUSE);
        thread = Thread.ofPlatform()
                .name("trainer")
                .uncaughtExceptionHandler(TrainerRunner::died)
                .unstarted(runner);
        Gauge.builder("millrace_trainer_queued_runs", jobs, Jobs::queued)
                .description("runs that wait")
                .register(meters);
        Gauge.builder("millrace_trainer_watchers", feed, RunFeed::watchers)
                .description("callers of Watch")
                .register(meters);
    }

    private static void died(Thread thread, Throwable cause) {
        LOGGER.error("thread {} died, the process ends to be started afresh", thread.getName(), cause);
        Quarkus.asyncExit(1);
    }

    void start(@Observes StartupEvent event) {
        if (LaunchMode.current() == LaunchMode.NORMAL) {
            Termination.handle(this::isDrained, Quarkus::asyncExit);
        }
        thread.start();
    }

    private boolean isDrained() {
        feed.close();
        return drain.complete(DRAIN);
    }

    void stop(@Observes ShutdownEvent event) throws InterruptedException {
        feed.close();
        runner.stop();
        thread.interrupt();
        if (thread.isAlive() && !thread.join(PATIENCE)) {
            runner.abandon();
        } else {
            models.close();
        }
        publisher.close();
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

    @Produces
    @Singleton
    Jobs jobs() {
        return jobs;
    }

    @Produces
    @Singleton
    RunFeed feed() {
        return feed;
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("trainer")
                .status(thread.isAlive())
                .withData("queued_runs", jobs.queued())
                .build();
    }
}
