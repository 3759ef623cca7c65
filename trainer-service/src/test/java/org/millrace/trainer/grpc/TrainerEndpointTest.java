package org.millrace.trainer.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.eclipse.microprofile.config.ConfigProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.bpe.Tokenizer;
import org.millrace.proto.events.v1.ModelPublished;
import org.millrace.proto.events.v1.Pretrain;
import org.millrace.proto.events.v1.ShardWritten;
import org.millrace.proto.events.v1.TrainReward;
import org.millrace.proto.events.v1.TrainingJob.State;
import org.millrace.proto.events.v1.TrainingPlan;
import org.millrace.proto.trainer.v1.CancelRequest;
import org.millrace.proto.trainer.v1.SubmitRequest;
import org.millrace.proto.trainer.v1.TrainerServiceGrpc;
import org.millrace.proto.trainer.v1.WatchRequest;
import org.millrace.proto.trainer.v1.WatchResponse;
import org.millrace.testkit.QuarkusBroker;
import org.millrace.trainer.TrainerConfig;
import org.millrace.trainer.kafka.Mill;
import org.millrace.trainer.kafka.RunFeed;

/// The service as it runs: gRPC in, libtorch at work, a model out.
@QuarkusTest
@QuarkusTestResource(QuarkusBroker.class)
@TestProfile(TrainerEndpointTest.AnyPort.class)
class TrainerEndpointTest {

    /// Two builds may test on one machine at once.
    public static final class AnyPort implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("quarkus.http.test-port", "0", "millrace.trainer.threads", "1");
        }
    }

    @Inject
    TrainerConfig config;

    @Inject
    RunFeed feed;

    private final URI address = URI.create(setting("test.url"));
    private final ManagedChannel channel = ManagedChannelBuilder.forAddress(address.getHost(), address.getPort())
            .usePlaintext()
            .build();

    @AfterEach
    void disconnect() {
        channel.shutdownNow();
    }

    @Test
    void aSubmittedRunTrainsAndIsWatchedToItsEnd() throws Exception {
        Path scratch = Files.createTempDirectory("trainer-test");
        try (Mill mill = new Mill(
                setting("kafka.bootstrap.servers"),
                ArtifactStore.open(config.artifacts(), scratch.resolve("cache")),
                scratch)) {
            Tokenizer tokenizer = mill.tokenizer("words", 1);
            mill.shard(
                    "words",
                    ShardWritten.Kind.KIND_DOCUMENTS,
                    ShardWritten.Split.SPLIT_TRAIN,
                    "",
                    Mill.documents(tokenizer, 20));
            SubmitRequest request = SubmitRequest.newBuilder()
                    .setRunId("run-1")
                    .setPlan(TrainingPlan.newBuilder()
                            .setModel("policy")
                            .setTokenizer("words")
                            .setMaxSteps(30)
                            .setPretrain(Pretrain.newBuilder()
                                    .setDepth(1)
                                    .setContext(16)
                                    .setWidth(64)
                                    .setRowsPerStep(4)))
                    .build();

            assertThat(trainer().submit(request).getJob().getState()).isEqualTo(State.STATE_QUEUED);
            assertThat(trainer().submit(request).getJob().getRunId()).isEqualTo("run-1");
            List<WatchResponse> watched = new ArrayList<>();
            TrainerServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(60, TimeUnit.SECONDS)
                    .watch(WatchRequest.newBuilder().setRunId("run-1").build())
                    .forEachRemaining(watched::add);

            assertThat(watched.getLast().getJob().getDetail()).isEmpty();
            assertThat(watched.getLast().getJob().getState()).isEqualTo(State.STATE_SUCCEEDED);
            assertThat(watched)
                    .anySatisfy(response -> assertThat(response.getMetrics().getValuesMap())
                            .containsKeys("loss_nats", "tokens_per_second"));
            assertThat(mill.read(ModelPublished.class))
                    .filteredOn(model -> model.getName().equals("policy"))
                    .extracting(ModelPublished::getStep)
                    .containsExactly(30L);
            assertThat(failure(() -> trainer()
                                    .submit(request.toBuilder()
                                            .setPlan(request.getPlan().toBuilder()
                                                    .setMaxSteps(31))
                                            .build()))
                            .getStatus()
                            .getCode())
                    .isEqualTo(Code.ALREADY_EXISTS);
            assertThat(trainer()
                            .cancel(CancelRequest.newBuilder().setRunId("run-1").build())
                            .getJob()
                            .getState())
                    .isEqualTo(State.STATE_SUCCEEDED);
        }
    }

    @Test
    void whoLeavesDoesNotKeepAConsumer() throws Exception {
        Path scratch = Files.createTempDirectory("trainer-test");
        try (Mill mill = new Mill(
                setting("kafka.bootstrap.servers"),
                ArtifactStore.open(config.artifacts(), scratch.resolve("cache")),
                scratch)) {
            mill.model("base", ModelPublished.Role.ROLE_POLICY, mill.tokenizer("syllables", 1));
            trainer()
                    .submit(SubmitRequest.newBuilder()
                            .setRunId("waits")
                            .setPlan(TrainingPlan.newBuilder()
                                    .setModel("judge")
                                    .setBase("base")
                                    .setMaxSteps(1)
                                    .setReward(TrainReward.newBuilder().setMinRankings(1_000)))
                            .build());
            Context.CancellableContext call = Context.current().withCancellation();
            Iterator<WatchResponse> told = call.call(() -> TrainerServiceGrpc.newBlockingStub(channel)
                    .watch(WatchRequest.newBuilder().setRunId("waits").build()));
            assertThat(told.next().getJob().getRunId()).isEqualTo("waits");
            assertThat(feed.watchers()).isEqualTo(1);

            call.cancel(null);

            await().until(() -> feed.watchers() == 0);
            trainer().cancel(CancelRequest.newBuilder().setRunId("waits").build());
        }
    }

    @Test
    void badRequestsNameTheFieldTheExpectationAndTheValue() {
        assertInvalid(
                () -> trainer().submit(SubmitRequest.getDefaultInstance()),
                "run_id: expected [a-z0-9-]{1,64}, got \"\"");
        assertInvalid(
                () -> trainer().submit(SubmitRequest.newBuilder().setRunId("r").build()),
                "plan.model: expected [a-z0-9-]{1,64}, got \"\"");
        assertInvalid(
                () -> trainer()
                        .watch(WatchRequest.newBuilder().setRunId("A").build())
                        .hasNext(),
                "run_id: expected [a-z0-9-]{1,64}, got \"A\"");
        assertInvalid(
                () -> trainer().cancel(CancelRequest.getDefaultInstance()),
                "run_id: expected [a-z0-9-]{1,64}, got \"\"");
    }

    @Test
    void unknownRunsAreNotFound() {
        StatusRuntimeException watched = failure(() -> trainer()
                .watch(WatchRequest.newBuilder().setRunId("no").build())
                .hasNext());
        StatusRuntimeException cancelled = failure(
                () -> trainer().cancel(CancelRequest.newBuilder().setRunId("no").build()));

        assertThat(watched.getStatus().getCode()).isEqualTo(Code.NOT_FOUND);
        assertThat(cancelled.getStatus().getCode()).isEqualTo(Code.NOT_FOUND);
        assertThat(cancelled.getStatus().getDescription()).isEqualTo("run_id: expected a submitted run, got \"no\"");
    }

    @Test
    void theTrainerIsReady() throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> health = client.send(
                    HttpRequest.newBuilder(address.resolve("/q/health"))
                            .timeout(Duration.ofSeconds(10))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());

            assertThat(health.statusCode()).isEqualTo(200);
            assertThat(health.body()).contains("\"trainer\"").contains("queued_runs");
        }
    }

    private TrainerServiceGrpc.TrainerServiceBlockingStub trainer() {
        return TrainerServiceGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    private static String setting(String name) {
        return ConfigProvider.getConfig().getValue(name, String.class);
    }

    private static void assertInvalid(Supplier<?> call, String description) {
        StatusRuntimeException failure = failure(call);
        assertThat(failure.getStatus().getCode()).isEqualTo(Code.INVALID_ARGUMENT);
        assertThat(failure.getStatus().getDescription()).isEqualTo(description);
    }

    private static StatusRuntimeException failure(Supplier<?> call) {
        return catchThrowableOfType(StatusRuntimeException.class, call::get);
    }
}
