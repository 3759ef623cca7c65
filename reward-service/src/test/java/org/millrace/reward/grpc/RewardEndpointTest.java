package org.millrace.reward.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.Context;
import io.grpc.Context.CancellableContext;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.ArtifactFile;
import org.millrace.proto.events.v1.ModelPublished;
import org.millrace.proto.reward.v1.Completion;
import org.millrace.proto.reward.v1.GetModelRequest;
import org.millrace.proto.reward.v1.GetModelResponse;
import org.millrace.proto.reward.v1.RewardServiceGrpc;
import org.millrace.proto.reward.v1.ScoreRequest;
import org.millrace.proto.reward.v1.ScoreResponse;
import org.millrace.reward.Publication;
import org.millrace.reward.RewardModels;
import org.millrace.reward.TinyRewardModel;
import org.millrace.testkit.QuarkusBroker;

/// The whole service: a model comes over Kafka, questions over gRPC. In the order of a first day.
@QuarkusTest
@QuarkusTestResource(QuarkusBroker.class)
@TestProfile(RewardEndpointTest.Traced.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RewardEndpointTest {

    /// Makes traces, and hands each span over as soon as it ends.
    public static final class Traced implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("quarkus.otel.sdk.disabled", "false", "quarkus.otel.simple", "true");
        }
    }

    /// In place of the one that sends spans to a collector.
    @ApplicationScoped
    static class Exporter {

        @Produces
        @Singleton
        InMemorySpanExporter spans() {
            return InMemorySpanExporter.create();
        }
    }

    private static final Duration SOON = Duration.ofSeconds(30);

    private ManagedChannel channel;
    private RewardServiceGrpc.RewardServiceBlockingStub rewards;

    @ConfigProperty(name = "kafka.bootstrap.servers")
    @SuppressWarnings("NullAway.Init")
    String broker;

    @ConfigProperty(name = "millrace.reward.artifacts")
    @SuppressWarnings("NullAway.Init")
    URI artifacts;

    @Inject
    @SuppressWarnings("NullAway.Init")
    InMemorySpanExporter exported;

    @Inject
    @SuppressWarnings("NullAway.Init")
    MeterRegistry meters;

    @Inject
    @SuppressWarnings("NullAway.Init")
    RewardModels models;

    @TestHTTPResource("/q/health/ready")
    @SuppressWarnings("NullAway.Init")
    URI ready;

    @BeforeEach
    void connect() {
        channel = NettyChannelBuilder.forAddress("127.0.0.1", ready.getPort())
                .usePlaintext()
                .build();
        rewards = RewardServiceGrpc.newBlockingStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
    }

    @AfterEach
    void disconnect() {
        channel.shutdownNow();
    }

    @Test
    @Order(1)
    void withoutAModelItIsReadyAndSaysUnavailable() throws Exception {
        HttpResponse<String> health = HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(ready).build(), HttpResponse.BodyHandlers.ofString());
        StatusRuntimeException failure =
                catchThrowableOfType(StatusRuntimeException.class, () -> rewards.score(request("Paris", "", "Paris")));

        assertThat(health.statusCode()).isEqualTo(200);
        assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(rewards.getModel(GetModelRequest.getDefaultInstance()))
                .isEqualTo(GetModelResponse.getDefaultInstance());
    }

    @Test
    @Order(2)
    void aPublishedModelIsServedAndABadOneIsNot(@TempDir Path directory) throws Exception {
        publish(directory, 1, false);
        await().atMost(SOON).until(() -> version() == 1);
        send(new ProducerRecord<>(
                Events.topicName(ModelPublished.class), "bad", "no model".getBytes(StandardCharsets.UTF_8)));
        publish(directory, 2, true);
        publish(directory, 3, false);

        await().atMost(SOON).until(() -> version() == 3);
    }

    @Test
    @Order(3)
    void scoresInOrderAndVerifies() {
        ScoreResponse both = rewards.score(request("why", "Paris", " paris.", "Rome"));
        ScoreResponse reversed = rewards.score(request("why", "Paris", "Rome", " paris."));

        assertThat(both.getModel()).isEqualTo("judge");
        assertThat(both.getModelVersion()).isEqualTo(3);
        assertThat(both.getVerifiedList()).containsExactly(1f, 0f);
        assertThat(both.getRewards(0)).isNotEqualTo(both.getRewards(1));
        assertThat(reversed.getRewards(0)).isCloseTo(both.getRewards(1), within(2e-5f));
        assertThat(reversed.getRewards(1)).isCloseTo(both.getRewards(0), within(2e-5f));
        assertThat(rewards.score(request("why", "", "Rome")).getVerifiedList()).containsExactly(-1f);
    }

    @ParameterizedTest
    @Order(4)
    @CsvSource(
            delimiter = ';',
            value = {
                "0; 1; 1; 'prompt_tokens: expected at least one id, got none'",
                "1; 0; 1; 'completions: expected 1 to 64, got 0'",
                "1; 65; 1; 'completions: expected 1 to 64, got 65'",
                "1; 1; 0; 'completions[0].tokens: expected at least one id, got none'",
                "1; 2; 64; 'completions[0].tokens: expected at most 64 ids with the prompt''s, got 65'",
                "1; 1; 300000; 'completions[0].tokens: expected ids of 0 to 278, got 279'", // more than 256 KiB
            })
    void aBadRequestIsTheCallersFault(int prompt, int completions, int length, String message) {
        ScoreRequest.Builder request = ScoreRequest.newBuilder();
        IntStream.range(0, prompt).forEach(request::addPromptTokens);
        for (int i = 0; i < completions; i++) {
            request.addCompletions(Completion.newBuilder()
                    .addAllTokens(IntStream.range(0, length).boxed().toList()));
        }

        assertInvalid(request.build(), message);
    }

    @Test
    @Order(5)
    void idsOutsideTheVocabularyAndUselessReferencesToo() {
        int vocabulary = TinyRewardModel.config().vocabulary();
        String range = "expected ids of 0 to %d, got ".formatted(vocabulary - 1);

        assertInvalid(
                request("why", "", "Rome").toBuilder()
                        .setPromptTokens(0, vocabulary)
                        .build(),
                "prompt_tokens: " + range + vocabulary);
        assertInvalid(
                request("why", "", "Rome").toBuilder()
                        .setCompletions(0, Completion.newBuilder().addTokens(-1))
                        .build(),
                "completions[0].tokens: " + range + "-1");
        assertInvalid(
                request("why", " | ", "Rome"), "reference: expected an alternative with a letter or a digit, got none");
    }

    @Test
    @Order(6)
    void anUnknownModelIsNotFound() {
        StatusRuntimeException failure = catchThrowableOfType(
                StatusRuntimeException.class,
                () -> rewards.score(
                        request("why", "", "Rome").toBuilder().setModel("other").build()));

        assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
        assertThat(failure.getStatus().getDescription()).isEqualTo("model: expected one of [judge], got other");
    }

    @Test
    @Order(7)
    void aScoreIsASpanUnderItsCallersWithCountsAlone() {
        String trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        String caller = "00f067aa0ba902b7";
        var headers = new Metadata();
        headers.put(
                Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER),
                "00-%s-%s-01".formatted(trace, caller));

        rewards.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                .score(request("why", "Paris", "Paris", "Rome"));

        await().atMost(SOON).until(() -> exported.getFinishedSpanItems().stream()
                .anyMatch(span -> span.getTraceId().equals(trace)));
        assertThat(exported.getFinishedSpanItems())
                .filteredOn(span -> span.getTraceId().equals(trace))
                .singleElement()
                .satisfies(span -> {
                    assertThat(span.getParentSpanId()).isEqualTo(caller);
                    assertThat(span.getAttributes().get(AttributeKey.stringKey("gen_ai.response.model")))
                            .isEqualTo("judge");
                    assertThat(span.getAttributes().get(AttributeKey.longKey("millrace.model.version")))
                            .isEqualTo(3);
                    assertThat(span.getAttributes().get(AttributeKey.longKey("millrace.completions")))
                            .isEqualTo(2);
                    assertThat(span.toString()).doesNotContain("Paris").doesNotContain("Rome");
                });
    }

    /// One who stays shares the connection: it outlives those who leave.
    @Test
    @Order(8)
    void whoLeavesIsNotScored(@TempDir Path directory) throws Exception {
        int context = 512;
        publish(directory, TinyRewardModel.config(context), 4, false);
        await().atMost(SOON).until(() -> version() == 4);
        double before = scored();
        CancellableContext leaving = Context.current().withCancellation();
        List<ListenableFuture<ScoreResponse>> calls = leaving.call(() ->
                Stream.generate(() -> later().score(longest(context))).limit(8).toList());
        await().atMost(SOON).until(() -> models.waiting() >= 5 * 64);
        ListenableFuture<ScoreResponse> staying = later().score(longest(context));

        leaving.cancel(null);

        assertThat(staying.get(30, TimeUnit.SECONDS).getRewardsCount()).isEqualTo(64);
        assertThat(calls).allMatch(Future::isDone);
        assertThat(models.waiting()).isZero();
        assertThat(scored() - before).isLessThan(5 * 64);
    }

    private RewardServiceGrpc.RewardServiceFutureStub later() {
        return RewardServiceGrpc.newFutureStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
    }

    private double scored() {
        return meters.counter("millrace_reward_scored_completions").count();
    }

    /// As large as a request can be.
    private static ScoreRequest longest(int context) {
        Completion.Builder completion = Completion.newBuilder();
        IntStream.range(1, context).forEach(i -> completion.addTokens(i % 256));
        ScoreRequest.Builder request = ScoreRequest.newBuilder().addPromptTokens(1);
        IntStream.range(0, 64).forEach(i -> request.addCompletions(completion));
        return request.build();
    }

    private void assertInvalid(ScoreRequest request, String message) {
        StatusRuntimeException failure =
                catchThrowableOfType(StatusRuntimeException.class, () -> rewards.score(request));
        assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(failure.getStatus().getDescription()).isEqualTo(message);
    }

    private long version() {
        return rewards.getModel(GetModelRequest.getDefaultInstance()).getVersion();
    }

    private void publish(Path directory, long version, boolean damaged) throws Exception {
        publish(directory, TinyRewardModel.config(), version, damaged);
    }

    private void publish(Path directory, ModelConfig config, long version, boolean damaged) throws Exception {
        ArtifactStore store = ArtifactStore.open(artifacts, directory.resolve("cache"));
        Publication publication = TinyRewardModel.publish(store, directory, "judge", version, config);
        ModelPublished.Builder event = TinyRewardModel.event(publication).toBuilder();
        if (damaged) {
            event.removeFiles(names(event).indexOf("config.json"));
        }
        send(new Events("test").record("judge", event.build()));
    }

    private static List<String> names(ModelPublished.Builder event) {
        return event.getFilesList().stream().map(ArtifactFile::getName).toList();
    }

    private void send(ProducerRecord<String, byte[]> record) throws Exception {
        try (KafkaProducer<String, byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", broker), new StringSerializer(), new ByteArraySerializer())) {
            producer.send(record).get(10, TimeUnit.SECONDS);
        }
    }

    private static ScoreRequest request(String prompt, String reference, String... completions) {
        ScoreRequest.Builder request = ScoreRequest.newBuilder().setReference(reference);
        for (int id : TinyRewardModel.tokenizer().encode(prompt)) {
            request.addPromptTokens(id);
        }
        for (String completion : completions) {
            Completion.Builder tokens = Completion.newBuilder();
            for (int id : TinyRewardModel.tokenizer().encode(completion)) {
                tokens.addTokens(id);
            }
            request.addCompletions(tokens);
        }
        return request.build();
    }
}
