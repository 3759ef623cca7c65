package org.millrace.reward.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.events.Events;
import org.millrace.proto.reward.v1.Completion;
import org.millrace.proto.reward.v1.GetModelRequest;
import org.millrace.proto.reward.v1.RewardServiceGrpc;
import org.millrace.proto.reward.v1.ScoreRequest;
import org.millrace.reward.TinyRewardModel;
import org.millrace.testkit.BrokerExtension;
import org.millrace.testkit.PackagedService;

/// The packaged service in a process of its own, and what SIGTERM does to it while it scores.
class StoppedServiceIT {

    @RegisterExtension
    static final BrokerExtension BROKER = new BrokerExtension();

    private static final Duration SOON = Duration.ofSeconds(90);

    /// What Kubernetes gives a pod (`k8s/base/hardening.yaml`).
    private static final Duration GRACE = Duration.ofSeconds(45);

    private static final int CONTEXT = 512;
    private static final int MOST_COMPLETIONS = 64;

    /// Calls that take seconds together, as each is as large as one can be.
    private static final int LONG_CALLS = 2;

    private static final int CALLERS = 4;

    @TempDir
    static Path directory;

    private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
    private final Queue<Status> failures = new ConcurrentLinkedQueue<>();
    private final AtomicLong firstRefusal = new AtomicLong();
    private PackagedService service;
    private ManagedChannel channel;

    @BeforeEach
    void start() throws Exception {
        publish();
        service = PackagedService.start(Map.of(
                "KAFKA_BOOTSTRAP_SERVERS", BROKER.bootstrapServers(),
                "MILLRACE_ARTIFACTS", artifacts().toString(),
                "MILLRACE_DATA", directory.resolve("data").toString()));
        channel = NettyChannelBuilder.forAddress(
                        service.address().getHost(), service.address().getPort())
                .usePlaintext()
                .build();
        await().atMost(SOON).until(() -> version() == 1);
        assertThat(service.get("/q/health/ready").statusCode()).isEqualTo(200);
    }

    @AfterEach
    void stop() throws Exception {
        service.close();
        channel.shutdownNow();
        callers.shutdownNow();
    }

    @Test
    void whatIsUnderWayEndsWholeAndTheRestIsRefused() throws Exception {
        List<Future<Long>> underWay = Stream.<Callable<Long>>generate(() -> this::scoreLong)
                .limit(LONG_CALLS)
                .map(callers::submit)
                .toList();
        await().atMost(SOON).until(() -> received() >= LONG_CALLS);
        List<Future<Integer>> persistent = Stream.<Callable<Integer>>generate(() -> this::scoreUntilItEnds)
                .limit(CALLERS)
                .map(callers::submit)
                .toList();
        await().atMost(SOON).until(() -> received() >= LONG_CALLS + CALLERS);

        service.terminate();
        long told = System.nanoTime();

        await().atMost(SOON).until(() -> service.get("/q/health/ready").statusCode(), status -> status != 200);
        assertThat(service.get("/q/health/ready").statusCode()).isEqualTo(503);
        List<Future<Integer>> late = Stream.<Callable<Integer>>generate(() -> this::scoreUntilItEnds)
                .limit(CALLERS)
                .map(callers::submit)
                .toList();
        await().atMost(SOON).until(() -> failures.size() >= CALLERS);
        assertThat(failures).extracting(Status::getCode).containsOnly(Status.Code.UNAVAILABLE);
        long refused = firstRefusal.get();
        long ended = refused;
        for (Future<Long> call : underWay) {
            ended = Math.max(ended, call.get(GRACE.toSeconds(), TimeUnit.SECONDS));
        }
        assertThat(ended).as("refused while calls were under way").isGreaterThan(refused);
        assertThat(service.awaitExit(GRACE.minusNanos(System.nanoTime() - told)))
                .isZero();
        for (Future<Integer> caller : persistent) {
            assertThat(caller.get(SOON.toSeconds(), TimeUnit.SECONDS))
                    .as("what was under way")
                    .isPositive();
        }
        for (Future<Integer> caller : late) {
            assertThat(caller.get(SOON.toSeconds(), TimeUnit.SECONDS)).isZero();
        }
        assertThat(failures).extracting(Status::getCode).containsOnly(Status.Code.UNAVAILABLE);
        assertThat(service.log()).doesNotContain(" ERROR ");
    }

    /// @return calls that were answered
    private int scoreUntilItEnds() throws InterruptedException {
        int answered = 0;
        while (service.isAlive()) {
            try {
                assertThat(score(2, 8)).isEqualTo(2);
                answered++;
            } catch (StatusRuntimeException e) {
                firstRefusal.compareAndSet(0, System.nanoTime());
                failures.add(e.getStatus());
                Thread.sleep(2);
            }
        }
        return answered;
    }

    /// @return when it was answered
    private long scoreLong() {
        assertThat(score(MOST_COMPLETIONS, CONTEXT)).isEqualTo(MOST_COMPLETIONS);
        return System.nanoTime();
    }

    /// @return how many rewards came
    private int score(int completions, int length) {
        ScoreRequest.Builder request = ScoreRequest.newBuilder().addPromptTokens(1);
        Completion.Builder completion = Completion.newBuilder();
        IntStream.range(1, length).forEach(i -> completion.addTokens(i % 256));
        IntStream.range(0, completions).forEach(i -> request.addCompletions(completion));
        return rewards().score(request.build()).getRewardsCount();
    }

    private long version() {
        return rewards().getModel(GetModelRequest.getDefaultInstance()).getVersion();
    }

    private RewardServiceGrpc.RewardServiceBlockingStub rewards() {
        return RewardServiceGrpc.newBlockingStub(channel).withDeadlineAfter(SOON);
    }

    /// Calls of Score that have reached the service.
    private int received() throws Exception {
        return service.get("/q/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith("grpc_server_requests_received_messages_total")
                        && line.contains("method=\"Score\""))
                .mapToInt(line -> (int) Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    private static void publish() throws Exception {
        ArtifactStore store = ArtifactStore.open(artifacts(), directory.resolve("cache"));
        var publication = TinyRewardModel.publish(store, directory, "judge", 1, TinyRewardModel.config(CONTEXT));
        try (KafkaProducer<String, byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", BROKER.bootstrapServers()),
                new StringSerializer(),
                new ByteArraySerializer())) {
            producer.send(new Events("test").record("judge", TinyRewardModel.event(publication)))
                    .get(SOON.toSeconds(), TimeUnit.SECONDS);
        }
    }

    private static URI artifacts() {
        return directory.resolve("artifacts").toUri();
    }
}
