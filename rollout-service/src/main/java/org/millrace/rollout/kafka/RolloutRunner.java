package org.millrace.rollout.kafka;

import io.grpc.ManagedChannel;
import io.micrometer.core.instrument.MeterRegistry;
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
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
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

/// Builds the lanes from configuration, and lives and dies with the process.
@ApplicationScoped
class RolloutRunner {

    private static final Logger LOGGER = LoggerFactory.getLogger(RolloutRunner.class);

    /// A dead letter is a record of up to 1 MiB with five headers more.
    private static final int MAX_REQUEST_BYTES = 2 << 20;

    /// A worker that dies in a transaction holds up every reader until this is over.
    private static final Duration TRANSACTION_TIMEOUT = Duration.ofSeconds(20);

    private final RolloutConfig config;
    private final Map<String, Object> broker;
    private final ManagedChannel policy;
    private final ManagedChannel rewards;
    private final Worker worker;
    private final List<Lane> lanes = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();

    RolloutRunner(
            RolloutConfig config,
            @Identifier("default-kafka-broker") Map<String, Object> broker,
            MeterRegistry registry) {
        this.config = config;
        this.broker = broker;
        policy = Channels.open(config.policy());
        rewards = Channels.open(config.reward());
        worker = new Worker(
                new GrpcPolicy(policy, config.policyDeadline()),
                new GrpcRewards(rewards, config.rewardDeadline()),
                config.longestPause(),
                config.patience());
        Clerk clerk = new Clerk(worker, "rollout-" + config.instance(), config.deliveries(), Clock.systemUTC());
        Meters meters = new Meters(registry);
        for (int number = 0; number < Math.min(config.lanes(), config.concurrency()); number++) {
            threads.add(lane(number, clerk, meters));
        }
    }

    void start(@Observes StartupEvent event) {
        threads.forEach(Thread::start);
    }

    void stop(@Observes ShutdownEvent event) throws InterruptedException {
        lanes.forEach(Lane::stop);
        for (Thread thread : threads) {
            if (thread.isAlive() && !thread.join(config.drain().plusSeconds(5))) {
                LOGGER.warn("{} is still busy, its prompts will be delivered again", thread.getName());
            }
        }
        Channels.close(policy);
        Channels.close(rewards);
    }

    /// True while every lane runs: the worker takes prompts.
    boolean isWorking() {
        return threads.stream().allMatch(Thread::isAlive);
    }

    boolean isWaitingForServers() {
        return worker.isWaiting();
    }

    private Thread lane(int number, Clerk clerk, Meters meters) {
        String name = "rollout-%s-%d".formatted(config.instance(), number);
        int count = Math.min(config.lanes(), config.concurrency());
        int prompts = (config.concurrency() + count - 1 - number) / count;
        KafkaShareConsumer<String, byte[]> consumer = new KafkaShareConsumer<>(
                with(Map.of(
                        "client.id",
                        name,
                        "group.id",
                        PromptGroup.NAME,
                        "share.acknowledgement.mode",
                        "explicit",
                        // otherwise one consumer acquires whole batches, and the other workers idle
                        "share.acquire.mode",
                        "record_limit",
                        "max.poll.records",
                        prompts)),
                new StringDeserializer(),
                new ByteArrayDeserializer());
        KafkaProducer<String, byte[]> producer = new KafkaProducer<>(
                with(Map.of(
                        "client.id", name,
                        "transactional.id", name,
                        "transaction.timeout.ms", (int) TRANSACTION_TIMEOUT.toMillis(),
                        "max.request.size", MAX_REQUEST_BYTES,
                        "compression.type", "zstd")),
                new StringSerializer(),
                new ByteArraySerializer());
        Lane lane = new Lane(consumer, new Publisher(producer), clerk, meters, config.lock(), config.drain());
        lanes.add(lane);
        return Thread.ofPlatform()
                .name(name)
                .uncaughtExceptionHandler((thread, failure) -> {
                    LOGGER.error("{} cannot go on, the process ends", thread.getName(), failure);
                    Quarkus.asyncExit(1);
                })
                .unstarted(() -> {
                    try (consumer;
                            producer) {
                        prepare();
                        consumer.subscribe(List.of(Events.topicName(PromptSubmitted.class)));
                        lane.run();
                    }
                });
    }

    private void prepare() {
        try (Admin admin = Admin.create(broker)) {
            PromptGroup.configure(admin, config.lock());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the group was configured", e);
        }
    }

    private Map<String, Object> with(Map<String, Object> more) {
        Map<String, Object> merged = new HashMap<>(broker);
        merged.putAll(more);
        return merged;
    }
}
