package org.millrace.rollout.kafka;

import io.grpc.ManagedChannel;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.quarkus.opentelemetry.runtime.config.runtime.OTelRuntimeConfig;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.PromptSubmitted;
import org.millrace.rollout.RolloutConfig;
import org.millrace.rollout.Worker;
import org.millrace.rollout.grpc.Channels;
import org.millrace.rollout.grpc.GrpcPolicy;
import org.millrace.rollout.grpc.GrpcRewards;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Builds lanes and publisher from configuration; they live and die with the process.
@ApplicationScoped
class RolloutRunner {

    private static final Logger LOGGER = LoggerFactory.getLogger(RolloutRunner.class);

    /// A dead letter is a record of up to 1 MiB with five headers more.
    private static final int MAX_REQUEST_BYTES = 2 << 20;

    /// A worker that dies in a transaction holds up every reader until this is over.
    private static final Duration TRANSACTION_TIMEOUT = Duration.ofSeconds(20);

    private static final Duration CLOSING = Duration.ofSeconds(5);

    private final RolloutConfig config;
    private final Map<String, Object> broker;
    private final String name;
    private final ManagedChannel policy;
    private final ManagedChannel rewards;
    private final Worker worker;
    private final Publisher publisher;
    private final Thread publishing;
    private final EndedRuns endedRuns;
    private final Thread following;
    private final List<Lane> lanes = new ArrayList<>();
    private final List<Thread> answering = new ArrayList<>();

    RolloutRunner(
            RolloutConfig config,
            @Identifier("default-kafka-broker") Map<String, Object> broker,
            MeterRegistry registry,
            PromptSpans spans,
            OpenTelemetry telemetry,
            OTelRuntimeConfig traces) {
        this.config = config;
        this.broker = broker;
        name = "rollout-" + config.instance();
        policy = Channels.open(config.policy(), telemetry, traces);
        rewards = Channels.open(config.reward(), telemetry, traces);
        worker = new Worker(
                new GrpcPolicy(policy, config.policyDeadline()),
                new GrpcRewards(rewards, config.rewardDeadline()),
                config.longestPause(),
                config.patience());
        Meters meters = new Meters(registry);
        Producer<String, byte[]> producer = producer();
        publisher = new Publisher(producer, meters.transactions());
        publishing = thread("publisher", () -> {
            try (producer) {
                publisher.run();
            }
        });
        Consumer<String, byte[]> jobs = jobs();
        endedRuns = new EndedRuns(jobs);
        following = thread("jobs", () -> {
            try (jobs) {
                endedRuns.run();
            }
        });
        Clerk clerk = new Clerk(worker, endedRuns, name, config.deliveries(), Clock.systemUTC());
        for (int number = 0; number < config.concurrency(); number++) {
            ShareConsumer<String, byte[]> consumer = consumer(number);
            Lane lane = new Lane(consumer, publisher, clerk, meters, spans, config.lock(), config.drain());
            lanes.add(lane);
            answering.add(thread("lane-" + number, () -> {
                try (consumer) {
                    prepare();
                    endedRuns.awaitCaughtUp();
                    consumer.subscribe(List.of(Events.topicName(PromptSubmitted.class)));
                    lane.run();
                }
            }));
        }
    }

    void start(@Observes StartupEvent event) {
        publishing.start();
        following.start();
        answering.forEach(Thread::start);
    }

    void stop(@Observes ShutdownEvent event) throws InterruptedException {
        endedRuns.stop();
        lanes.forEach(Lane::stop);
        long end = System.nanoTime() + config.drain().plus(CLOSING).toNanos(); // for all lanes together
        for (Thread thread : answering) {
            join(thread, Duration.ofNanos(Math.max(0, end - System.nanoTime())));
        }
        publisher.stop();
        join(publishing, CLOSING);
        join(following, CLOSING);
        Channels.close(policy);
        Channels.close(rewards);
    }

    /// True while every thread runs: the worker takes prompts.
    boolean isWorking() {
        return publishing.isAlive() && following.isAlive() && answering.stream().allMatch(Thread::isAlive);
    }

    boolean isWaitingForServers() {
        return worker.isWaiting();
    }

    private void prepare() {
        try (Admin admin = Admin.create(broker)) {
            PromptGroup.configure(admin, config.lock());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the group was configured", e);
        }
    }

    private ShareConsumer<String, byte[]> consumer(int number) {
        return new KafkaShareConsumer<>(
                with(Map.of(
                        "client.id",
                        name + "-" + number,
                        "group.id",
                        PromptGroup.NAME,
                        "share.acknowledgement.mode",
                        "explicit",
                        // otherwise one consumer takes whatever was sent together, and the others idle
                        "share.acquire.mode",
                        "record_limit",
                        "max.poll.records",
                        1)),
                new StringDeserializer(),
                new ByteArrayDeserializer());
    }

    /// Without a group: every worker must know all of them.
    private Consumer<String, byte[]> jobs() {
        return new KafkaConsumer<>(
                with(Map.of(
                        "client.id",
                        name + "-jobs",
                        "isolation.level",
                        "read_committed",
                        "auto.offset.reset",
                        "earliest",
                        "enable.auto.commit",
                        false)),
                new StringDeserializer(),
                new ByteArrayDeserializer());
    }

    private Producer<String, byte[]> producer() {
        return new KafkaProducer<>(
                with(Map.of(
                        "client.id", name,
                        "transactional.id", name,
                        "transaction.timeout.ms", (int) TRANSACTION_TIMEOUT.toMillis(),
                        "max.request.size", MAX_REQUEST_BYTES,
                        "compression.type", "zstd")),
                new StringSerializer(),
                new ByteArraySerializer());
    }

    private Map<String, Object> with(Map<String, Object> more) {
        Map<String, Object> merged = new HashMap<>(broker);
        merged.putAll(more);
        return merged;
    }

    private static Thread thread(String name, Runnable work) {
        return Thread.ofPlatform()
                .name(name)
                .uncaughtExceptionHandler((thread, failure) -> {
                    LOGGER.error("{} cannot go on, the process ends", thread.getName(), failure);
                    Quarkus.asyncExit(1);
                })
                .unstarted(work);
    }

    private static void join(Thread thread, Duration deadline) throws InterruptedException {
        if (thread.isAlive() && !thread.join(deadline)) {
            LOGGER.warn("{} is still busy; what it holds will be delivered again", thread.getName());
        }
    }
}
