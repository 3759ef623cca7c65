package org.millrace.inference.grpc.infer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import grpc.health.v1.HealthGrpc;
import grpc.health.v1.HealthOuterClass.HealthCheckRequest;
import grpc.health.v1.HealthOuterClass.HealthCheckResponse.ServingStatus;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.ConfigProvider;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.millrace.inference.Models;
import org.millrace.inference.TinyModel;
import org.millrace.inference.grpc.Caller;
import org.millrace.inference.grpc.ModelLog;
import org.millrace.inference.grpc.TwoSlots;
import org.millrace.proto.events.v1.Message;
import org.millrace.proto.events.v1.Sampling;
import org.millrace.proto.inference.GRPCInferenceServiceGrpc;
import org.millrace.proto.inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import org.millrace.proto.inference.InferParameter;
import org.millrace.proto.inference.InferTensorContents;
import org.millrace.proto.inference.ModelInferRequest;
import org.millrace.proto.inference.ModelInferRequest.InferInputTensor;
import org.millrace.proto.inference.ModelInferRequest.InferRequestedOutputTensor;
import org.millrace.proto.inference.ModelInferResponse;
import org.millrace.proto.inference.ModelInferResponse.InferOutputTensor;
import org.millrace.proto.inference.ModelMetadataRequest;
import org.millrace.proto.inference.ModelMetadataResponse;
import org.millrace.proto.inference.ModelMetadataResponse.TensorMetadata;
import org.millrace.proto.inference.ModelReadyRequest;
import org.millrace.proto.inference.ModelStreamInferResponse;
import org.millrace.proto.inference.RepositoryIndexRequest;
import org.millrace.proto.inference.RepositoryIndexResponse.ModelIndex;
import org.millrace.proto.inference.ServerLiveRequest;
import org.millrace.proto.inference.ServerMetadataRequest;
import org.millrace.proto.inference.ServerReadyRequest;
import org.millrace.proto.policy.v1.Conversation;
import org.millrace.proto.policy.v1.GenerateRequest;
import org.millrace.proto.policy.v1.GenerateResponse;
import org.millrace.proto.policy.v1.OperatorServiceGrpc.OperatorServiceBlockingStub;
import org.millrace.proto.policy.v1.PauseRequest;
import org.millrace.proto.policy.v1.PolicyServiceGrpc;
import org.millrace.proto.policy.v1.ResumeRequest;

/// The whole service as a client of Triton or KServe sees it. Answers are held against what
/// `Generate` says to the same prompt: both faces have the same engine behind them.
@QuarkusTest
@TestProfile(TwoSlots.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class InferenceEndpointTest {

    /// A check among the service's own, for tests to turn.
    @Readiness
    @ApplicationScoped
    static class Weather implements HealthCheck {

        static final AtomicBoolean FINE = new AtomicBoolean(true);

        @Override
        public HealthCheckResponse call() {
            return HealthCheckResponse.named("weather").status(FINE.get()).build();
        }
    }

    private record Answer(String text, int tokens) {}

    private static final String NAME = "tiny";
    private static final List<String> PROMPTS = List.of("the mill", "ünïcödé ☂", "rain");

    @Inject
    Caller caller;

    @Inject
    ModelLog log;

    @Inject
    Models models;

    @Inject
    MeterRegistry meters;

    @Test
    @Order(1)
    void beforeAModelIsPublishedTheServerIsReadyAndNoModelIs() {
        assertThat(stub().serverLive(ServerLiveRequest.getDefaultInstance()).getLive())
                .isTrue();
        assertThat(serverReady()).isTrue();
        assertThat(modelReady("", "")).isFalse();
        assertThat(modelReady(NAME, "")).isFalse();
        assertRefused(
                () -> stub().modelInfer(contents(PROMPTS).build()),
                Status.Code.UNAVAILABLE,
                "no model has been published yet");
        assertRefused(() -> metadata(NAME, ""), Status.Code.UNAVAILABLE, "tiny has not been published yet");
    }

    /// Here, because only before the first model is published can it be asked.
    @Test
    @Order(1)
    void beforeAModelIsPublishedClientsOverHttpAreToComeBack() throws Exception {
        assertThat(unserved("/v1/completions", "{\"prompt\":\"x\"}"))
                .contains("no model has been published yet", "\"model_not_ready\"");
        assertThat(unserved("/v2/models/tiny/generate", "{\"text_input\":\"x\"}"))
                .isEqualTo("{\"error\":\"tiny has not been published yet\"}");
    }

    private String unserved(String path, String body) throws Exception {
        HttpResponse<String> response = caller.post(path, body);
        assertThat(response.statusCode()).isEqualTo(503);
        return response.body();
    }

    @Test
    @Order(2)
    void aPublishedModelIsReady() throws Exception {
        log.publish(1);

        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(modelReady(NAME, "1")).isTrue());
        assertThat(modelReady("", "")).isTrue();
        assertThat(modelReady(NAME, "2")).isFalse();
        assertThat(modelReady(NAME, "newest")).isFalse();
        assertThat(modelReady("other", "")).isFalse();
    }

    @Test
    @Order(3)
    void theServerIsReadyWhenAllItsChecksAre() {
        Weather.FINE.set(false);
        try {
            assertThat(serverReady()).isFalse();
        } finally {
            Weather.FINE.set(true);
        }
        assertThat(serverReady()).isTrue();
    }

    @Test
    @Order(3)
    void saysWhoAnswers() {
        var server = stub().serverMetadata(ServerMetadataRequest.getDefaultInstance());

        assertThat(server.getName()).isEqualTo("millrace");
        assertThat(server.getVersion())
                .isEqualTo(ConfigProvider.getConfig().getValue("quarkus.application.version", String.class))
                .isNotEmpty();
        assertThat(server.getExtensionsList()).containsExactly("model_repository", "binary_tensor_data");
    }

    @Test
    @Order(3)
    void saysWhatAModelTakesAndGives() {
        assertThat(metadata(NAME, "1"))
                .isEqualTo(ModelMetadataResponse.newBuilder()
                        .setName(NAME)
                        .addVersions("1")
                        .setPlatform("onnxruntime")
                        .addInputs(tensor("text", "BYTES", -1))
                        .addInputs(tensor("text_input", "BYTES", -1))
                        .addInputs(tensor("token_ids", "INT32", -1, -1))
                        .addInputs(tensor("sampling_parameters", "BYTES", 1))
                        .addInputs(tensor("stream", "BOOL", 1))
                        .addInputs(tensor("exclude_input_in_output", "BOOL", 1))
                        .addOutputs(tensor("text", "BYTES", -1))
                        .addOutputs(tensor("tokens", "INT32", -1))
                        .addOutputs(tensor("text_output", "BYTES", -1))
                        .addOutputs(tensor("token_ids", "INT32", -1, -1))
                        .addOutputs(tensor("log_probs", "FP32", -1, -1))
                        .addOutputs(tensor("cumulative_logprob", "FP32", -1))
                        .addOutputs(tensor("finish_reason", "BYTES", -1))
                        .addOutputs(tensor("model_version", "INT64", -1))
                        .build());
        assertThat(metadata("", "")).isEqualTo(metadata(NAME, "1"));
        assertThat(stub().repositoryIndex(RepositoryIndexRequest.newBuilder()
                                .setReady(true)
                                .build())
                        .getModelsList())
                .containsExactly(ModelIndex.newBuilder()
                        .setName(NAME)
                        .setVersion("1")
                        .setState("READY")
                        .build());
    }

    @Test
    @Order(3)
    void whatIsNotServedIsNotFound() {
        String unknown = ": expected one of [tiny], got \"other\"";
        assertRefused(() -> metadata("other", ""), Status.Code.NOT_FOUND, "name" + unknown);
        assertRefused(() -> metadata(NAME, "7"), Status.Code.NOT_FOUND, "version: expected 1, got \"7\"");
        assertRefused(
                () -> stub().modelInfer(contents(PROMPTS).setModelName("other").build()),
                Status.Code.NOT_FOUND,
                "model_name" + unknown);
        assertRefused(
                () -> stub().modelInfer(contents(PROMPTS).setModelVersion("7").build()),
                Status.Code.NOT_FOUND,
                "model_version: expected 1, got \"7\"");
    }

    @Test
    @Order(3)
    void listedPromptsAreContinuedAndAnsweredInAList() {
        Sampling sampling = sampling().build();

        ModelInferResponse response = stub().modelInfer(
                        drawnBy(sampling, contents(PROMPTS)).setId("request 1").build());

        List<Answer> answers =
                PROMPTS.stream().map(prompt -> generated(prompt, sampling)).toList();
        var texts = InferTensorContents.newBuilder();
        var tokens = InferTensorContents.newBuilder();
        answers.forEach(answer -> texts.addBytesContents(ByteString.copyFromUtf8(answer.text())));
        answers.forEach(answer -> tokens.addIntContents(answer.tokens()));
        assertThat(response)
                .isEqualTo(ModelInferResponse.newBuilder()
                        .setModelName(NAME)
                        .setModelVersion("1")
                        .setId("request 1")
                        .addOutputs(output("text", "BYTES", 3).setContents(texts))
                        .addOutputs(output("tokens", "INT32", 3).setContents(tokens))
                        .build());
        assertThat(answers).extracting(Answer::text).doesNotHaveDuplicates();
    }

    @Test
    @Order(3)
    void rawPromptsAreContinuedAndAnsweredRaw() {
        Sampling sampling = sampling().build();

        ModelInferResponse response =
                stub().modelInfer(drawnBy(sampling, raw(PROMPTS)).build());

        List<Answer> answers =
                PROMPTS.stream().map(prompt -> generated(prompt, sampling)).toList();
        ByteBuffer tokens = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
        answers.forEach(answer -> tokens.putInt(answer.tokens()));
        assertThat(response)
                .isEqualTo(ModelInferResponse.newBuilder()
                        .setModelName(NAME)
                        .setModelVersion("1")
                        .addOutputs(output("text", "BYTES", 3))
                        .addOutputs(output("tokens", "INT32", 3))
                        .addRawOutputContents(
                                framed(answers.stream().map(Answer::text).toList()))
                        .addRawOutputContents(ByteString.copyFrom(tokens.flip()))
                        .build());
    }

    @Test
    @Order(3)
    void onlyOutputsThatAreAskedForComeAndInThatOrder() {
        var request = drawnBy(sampling().build(), contents(PROMPTS)).addOutputs(wanted("tokens"));
        assertThat(stub().modelInfer(request.build()).getOutputsList())
                .extracting(InferOutputTensor::getName)
                .containsExactly("tokens");

        request.addOutputs(wanted("text"));
        assertThat(stub().modelInfer(request.build()).getOutputsList())
                .extracting(InferOutputTensor::getName)
                .containsExactly("tokens", "text");
    }

    /// As Triton's backend for vLLM is asked: beside it the other face, which says the same.
    @Test
    @Order(3)
    void everythingAboutAnAnswerCanBeAskedFor() {
        int stop = drawn(chunks(PROMPTS.getFirst(), sampling().build())).get(2);
        String json = "{\"max_tokens\": \"12\", \"temperature\": 1.0, \"seed\": 5, \"stop\": [\"qqq\", \"zzz\"], "
                + "\"stop_token_ids\": [%d]}".formatted(stop);
        ModelInferRequest.Builder request = contents(PROMPTS).addInputs(json(json));
        request.getInputsBuilder(0).setName("text_input");
        ModelInferResponse usual = stub().modelInfer(request.build());
        for (String output : List.of(
                "token_ids", "log_probs", "cumulative_logprob", "finish_reason", "model_version", "text_output")) {
            request.addOutputs(wanted(output));
        }

        List<InferOutputTensor> outputs = stub().modelInfer(request.build()).getOutputsList();

        List<List<GenerateResponse>> expected = PROMPTS.stream()
                .map(prompt -> chunks(prompt, sampling().build()))
                .toList();
        int longest = expected.stream()
                .mapToInt(chunks -> upTo(stop, drawn(chunks)).size())
                .max()
                .orElseThrow();
        assertThat(usual.getOutputsList())
                .extracting(InferOutputTensor::getName)
                .containsExactly("text_output");
        assertThat(outputs.get(0).getShapeList()).containsExactly(3L, (long) longest);
        assertThat(outputs.get(1).getShapeList()).containsExactly(3L, (long) longest);
        for (int prompt = 0; prompt < 3; prompt++) {
            List<Integer> ids = upTo(stop, drawn(expected.get(prompt)));
            List<Float> logProbs = expected.get(prompt).stream()
                    .flatMap(chunk -> chunk.getLogProbsList().stream())
                    .limit(ids.size())
                    .toList();
            List<Integer> row =
                    outputs.get(0).getContents().getIntContentsList().subList(prompt * longest, (prompt + 1) * longest);
            assertThat(row.subList(0, ids.size())).isEqualTo(ids);
            assertThat(row.subList(ids.size(), longest)).allMatch(id -> id == -1);
            List<Float> nats = outputs.get(1)
                    .getContents()
                    .getFp32ContentsList()
                    .subList(prompt * longest, prompt * longest + ids.size());
            for (int i = 0; i < ids.size(); i++) {
                assertThat(nats.get(i)).isCloseTo(logProbs.get(i), within(1e-4f));
            }
            assertThat(outputs.get(2).getContents().getFp32Contents(prompt))
                    .isCloseTo((float) logProbs.stream().mapToDouble(f -> f).sum(), within(1e-3f));
            assertThat(outputs.get(3).getContents().getBytesContents(prompt).toStringUtf8())
                    .isEqualTo(ids.size() == 12 && ids.getLast() != stop ? "length" : "stop");
            assertThat(outputs.get(4).getContents().getInt64Contents(prompt)).isEqualTo(1);
        }
        assertThat(outputs.get(0).getContents().getIntContentsList()).contains(-1);
        assertThat(outputs.get(5).getContents()).isEqualTo(usual.getOutputs(0).getContents());
    }

    @Test
    @Order(3)
    void idsAreContinuedAsTheyAre() {
        List<Integer> seen = chunks("rain", sampling().build()).getFirst().getPromptTokensList();
        var request = drawnBy(sampling().build(), ModelInferRequest.newBuilder().addInputs(ids(List.of(seen, seen))));
        ByteBuffer raw = ByteBuffer.allocate(8 * seen.size()).order(ByteOrder.LITTLE_ENDIAN);
        seen.forEach(id -> raw.putLong(id));
        var ofLongs = drawnBy(
                sampling().build(),
                ModelInferRequest.newBuilder()
                        .addInputs(ids(List.of(seen)).setDatatype("INT64").clearContents())
                        .addRawInputContents(ByteString.copyFrom(raw.flip())));

        Answer expected = generated("rain", sampling().build());
        assertThat(texts(request))
                .containsOnly(ByteString.copyFromUtf8(expected.text()))
                .hasSize(2);
        assertThat(stub().modelInfer(ofLongs.build()).getRawOutputContents(0))
                .isEqualTo(framed(List.of(expected.text())));
    }

    @Test
    @Order(3)
    void aStreamAnswersAsItIsDrawnAndOutlivesMistakes() throws Exception {
        var pieces = new LinkedBlockingQueue<ModelStreamInferResponse>();
        var closed = new CompletableFuture<Void>();
        StreamObserver<ModelInferRequest> out = GRPCInferenceServiceGrpc.newStub(caller.channel())
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .modelStreamInfer(new StreamObserver<>() {
                    @Override
                    public void onNext(ModelStreamInferResponse piece) {
                        pieces.add(piece);
                    }

                    @Override
                    public void onError(Throwable cause) {
                        closed.completeExceptionally(cause);
                    }

                    @Override
                    public void onCompleted() {
                        closed.complete(null);
                    }
                });

        out.onNext(contents(List.of("")).setId("bad").build());
        ModelStreamInferResponse refused = Objects.requireNonNull(pieces.poll(30, TimeUnit.SECONDS));
        assertThat(refused.getErrorMessage())
                .isEqualTo("INVALID_ARGUMENT: text[0]: expected at least 1 character, got 0");
        assertThat(refused.getInferResponse().getId()).isEqualTo("bad");
        assertThat(refused.getInferResponse()
                        .getParametersOrThrow("triton_final_response")
                        .getBoolParam())
                .isTrue();

        out.onNext(drawnBy(sampling().build(), contents(PROMPTS)).setId("whole").build());
        ModelInferResponse whole =
                Objects.requireNonNull(pieces.poll(30, TimeUnit.SECONDS)).getInferResponse();
        assertThat(whole.getOutputs(0).getContents().getBytesContentsList())
                .isEqualTo(texts(drawnBy(sampling().build(), contents(PROMPTS))));

        out.onNext(drawnBy(sampling().build(), contents(List.of("rain")))
                .addInputs(streamed())
                .setId("pieces")
                .build());
        out.onCompleted();
        StringBuilder text = new StringBuilder();
        int tokens = 0;
        boolean last = false;
        while (!last) {
            ModelInferResponse piece =
                    Objects.requireNonNull(pieces.poll(30, TimeUnit.SECONDS)).getInferResponse();
            assertThat(piece.getId()).isEqualTo("pieces");
            text.append(piece.getOutputs(0).getContents().getBytesContents(0).toStringUtf8());
            tokens += piece.getOutputs(1).getContents().getIntContents(0);
            last = piece.getParametersOrThrow("triton_final_response").getBoolParam();
        }
        closed.get(30, TimeUnit.SECONDS);
        assertThat(new Answer(text.toString(), tokens))
                .isEqualTo(generated("rain", sampling().build()));
        assertThat(pieces).isEmpty();
    }

    /// With gRPC for Node, which nobody here wrote; see `src/test/triton/run`, which starts this test.
    @Test
    @Order(3)
    @EnabledIfSystemProperty(named = "millrace.triton", matches = "true")
    void clientsOfOthersAreAnswered() throws Exception {
        caller.assertAnswers("triton");
    }

    private static List<Integer> upTo(int stop, List<Integer> ids) {
        int end = ids.indexOf(stop);
        return end < 0 ? ids : ids.subList(0, end + 1);
    }

    private static List<Integer> drawn(List<GenerateResponse> chunks) {
        return chunks.stream().flatMap(chunk -> chunk.getTokensList().stream()).toList();
    }

    private static InferInputTensor.Builder json(String object) {
        return InferInputTensor.newBuilder()
                .setName("sampling_parameters")
                .setDatatype("BYTES")
                .addShape(1)
                .setContents(InferTensorContents.newBuilder().addBytesContents(ByteString.copyFromUtf8(object)));
    }

    private static InferInputTensor.Builder streamed() {
        return truth("stream", true);
    }

    private static InferInputTensor.Builder truth(String name, boolean value) {
        return InferInputTensor.newBuilder()
                .setName(name)
                .setDatatype("BOOL")
                .addShape(1)
                .setContents(InferTensorContents.newBuilder().addBoolContents(value));
    }

    private static InferInputTensor.Builder ids(List<List<Integer>> prompts) {
        var contents = InferTensorContents.newBuilder();
        prompts.forEach(contents::addAllIntContents);
        return InferInputTensor.newBuilder()
                .setName("token_ids")
                .setDatatype("INT32")
                .addShape(prompts.size())
                .addShape(prompts.getFirst().size())
                .setContents(contents);
    }

    @Test
    @Order(3)
    void parametersMayBeOfAnyTypeThatHoldsThem() {
        Answer expected = generated(
                "rain",
                Sampling.newBuilder()
                        .setMaxTokens(9)
                        .setTemperature(2)
                        .setTopP(0.5f)
                        .setTopK(40)
                        .setSeed(7)
                        .build());

        assertThat(infer(
                        "rain",
                        Map.of(
                                "max_tokens", whole(9),
                                "temperature", whole(2),
                                "top_p", number(0.5),
                                "top_k", whole(40),
                                "seed", whole(7))))
                .isEqualTo(expected);
        assertThat(infer(
                        "rain",
                        Map.of(
                                "max_tokens", text("9"),
                                "temperature", text("2.0"),
                                "top_p", text("0.5"),
                                "top_k", unsigned(40),
                                "seed", unsigned(7))))
                .isEqualTo(expected);
    }

    /// What vLLM's own client fills in, and Triton's.
    @Test
    @Order(3)
    void whatSaysNothingIsAsIfItWereAbsent() {
        ModelInferRequest.Builder request = contents(List.of("rain"))
                .addInputs(json("{\"stop\": [], \"stop_token_ids\": [], \"logit_bias\": {}, \"seed\": null}"))
                .addInputs(truth("exclude_input_in_output", true))
                .putParameters(
                        "triton_enable_empty_final_response",
                        InferParameter.newBuilder().setBoolParam(true).build());

        assertThat(texts(request)).isEqualTo(texts(contents(List.of("rain"))));
    }

    @Test
    @Order(3)
    void biasesAndStopIdsComeAsText() {
        var truth = InferParameter.newBuilder().setBoolParam(true).build();
        Map<String, InferParameter> four =
                Map.of("logit_bias", text("9:100, 10:-2.5"), "max_tokens", whole(4), "ignore_eos", truth);
        Map<String, InferParameter> stopped = new HashMap<>(four);
        stopped.put("stop_ids", text("8, 9"));

        assertThat(infer("rain", four).tokens()).isEqualTo(4);
        assertThat(infer("rain", stopped)).isEqualTo(new Answer("", 1));
    }

    @Test
    @Order(3)
    void withoutParametersTheLikeliestTokensComeUntilTheEnd() {
        assertThat(infer("rain", Map.of())).isEqualTo(generated("rain", Sampling.getDefaultInstance()));
    }

    @Test
    @Order(3)
    void aSeedIsForEachPromptAloneAndWithoutOneEachIsDrawnAnew() {
        List<String> prompts = Collections.nCopies(8, "rain");
        ModelInferRequest.Builder request =
                contents(prompts).putParameters("temperature", whole(1)).putParameters("max_tokens", whole(12));

        assertThat(new HashSet<>(texts(request))).hasSizeGreaterThan(1);
        assertThat(new HashSet<>(texts(request.putParameters("seed", whole(0)))))
                .hasSize(1);
    }

    @Test
    @Order(3)
    void mistakesInTensorsAreNamed() {
        assertInvalid(r -> r.clearInputs(), "inputs: expected one of [text, text_input, token_ids], got none");
        assertInvalid(
                r -> r.addInputs(r.getInputs(0).toBuilder().setName("text_input")),
                "inputs: expected one of [text, text_input, token_ids], got [text, text_input]");
        assertInvalid(r -> r.addInputs(r.getInputs(0)), "inputs[1].name: expected each once, got \"text\" again");
        assertInvalidInput(
                i -> i.setName("prompt"),
                "inputs[0].name: expected one of [text, text_input, token_ids, sampling_parameters, stream, "
                        + "exclude_input_in_output], got \"prompt\"");
        assertInvalidInput(
                i -> i.setDatatype("x".repeat(100)),
                "inputs[0].datatype: expected BYTES, got \"%s…\"".formatted("x".repeat(60)));
        assertInvalid(
                r -> r.addInputs(truth("exclude_input_in_output", false)),
                "exclude_input_in_output: expected true, as no answer repeats its prompt, got false");
        assertInvalid(
                r -> r.setInputs(0, ids(List.of(List.of(1, 1 << 20)))),
                "token_ids[0][1]: expected 0 to %d, got 1048576"
                        .formatted(TinyModel.config().vocabulary() - 1));
        assertInvalid(
                r -> r.setInputs(0, ids(List.of(List.of(1))).setDatatype("FP32")),
                "inputs[0].datatype: expected INT32 or INT64, got \"FP32\"");
        assertInvalid(
                r -> r.setInputs(0, ids(List.of(List.of(1))).clearShape().addShape(1)),
                "inputs[0].shape: expected 2 dimensions, got [1]");
        assertInvalid(
                r -> r.addInputs(json("[1]")), "sampling_parameters[0]: expected a JSON object, got another value");
        assertInvalid(
                r -> r.addInputs(json("{\"temperature\": 1}")).putParameters("temperature", whole(1)),
                "sampling_parameters.temperature: expected none beside parameters.temperature, got one");
        assertInvalid(
                r -> r.addInputs(json("{\"stop\": [1]}")), "sampling_parameters.stop: expected strings, got NUMBER");
        assertInvalid(
                r -> r.addInputs(json("{\"top_p\": 2}")),
                "sampling_parameters.top_p: expected above 0 and at most 1, got 2.0");
        assertInvalid(
                r -> r.addInputs(json("{\"stop\": [\"x\"]}")).putParameters("stop", text("y")),
                "sampling_parameters.stop: expected none beside parameters.stop, got one");
        assertInvalid(
                r -> r.addInputs(json("{\"stop_ids\": [1], \"stop_token_ids\": [2]}")),
                "sampling_parameters.stop_ids: expected none beside stop_token_ids, got both");
        assertInvalid(
                r -> r.addInputs(json("{\"temperature\": [0.7]}")),
                "sampling_parameters.temperature: expected a single value, got ARRAY");
        assertInvalid(
                r -> r.addInputs(json("{\"temperature\": []}")),
                "sampling_parameters.temperature: expected a single value, got ARRAY");
        assertInvalid(
                r -> r.addInputs(json("{\"stop_ids\": {\"7\": 1}}")),
                "sampling_parameters.stop_ids: expected a single value, got OBJECT");
        assertInvalid(
                r -> r.addInputs(json("{\"best_of\": 1}")),
                "sampling_parameters: expected some of [frequency_penalty, ignore_eos, logit_bias, max_tokens, min_p, "
                        + "presence_penalty, repetition_penalty, seed, stop, stop_ids, temperature, top_k, top_p], "
                        + "got \"best_of\"");
        assertInvalid(r -> r.addInputs(streamed()), "inputs[0].shape[0]: expected 1 with stream, got 3");
        assertRefused(
                () -> stub().modelInfer(
                                contents(List.of("x")).addInputs(streamed()).build()),
                Status.Code.INVALID_ARGUMENT,
                "stream: expected false, as only ModelStreamInfer streams, got true");
        assertInvalidInput(i -> i.setDatatype("FP32"), "inputs[0].datatype: expected BYTES, got \"FP32\"");
        assertInvalidInput(i -> i.clearShape(), "inputs[0].shape: expected 1 dimension, got []");
        assertInvalidInput(i -> i.addShape(1), "inputs[0].shape: expected 1 dimension, got [3, 1]");
        assertInvalidInput(i -> i.setShape(0, 0), "inputs[0].shape[0]: expected 1 to 64, got 0");
        assertInvalidInput(i -> i.setShape(0, 65), "inputs[0].shape[0]: expected 1 to 64, got 65");
        assertInvalidInput(i -> i.setShape(0, 4_294_967_299L), "inputs[0].shape[0]: expected 1 to 64, got 4294967299");
        assertInvalidInput(
                i -> i.setShape(0, 2), "inputs[0].contents.bytes_contents: expected 2 as the shape says, got 3");
        assertInvalidInput(
                i -> i.clearContents(), "inputs[0].contents.bytes_contents: expected 3 as the shape says, got 0");
        assertInvalidInput(
                i -> i.getContentsBuilder().addFp32Contents(1),
                "inputs[0].contents: expected bytes_contents alone, got fp32_contents");
        assertInvalidInput(
                i -> i.putParameters("shared_memory_region", text("x")),
                "inputs[0].parameters: expected none, got [shared_memory_region]");
        assertInvalidInput(
                i -> i.getContentsBuilder().setBytesContents(1, ByteString.copyFrom(new byte[] {'a', (byte) 0xff})),
                "text[1]: expected UTF-8, got 2 bytes that are not");
        assertInvalidInput(
                i -> i.getContentsBuilder().setBytesContents(2, ByteString.EMPTY),
                "text[2]: expected at least 1 character, got 0");
        String longText = "q".repeat(63); // no pair of q was ever merged: each is a token
        assertInvalidInput(
                i -> i.getContentsBuilder().setBytesContents(0, ByteString.copyFromUtf8(longText)),
                "text[0]: expected at most 63 tokens for a context of 64, got 64");
        assertInvalid(
                r -> r.addOutputs(wanted("logits")),
                "outputs[0].name: expected one of [text, tokens, text_output, token_ids, log_probs, cumulative_logprob, "
                        + "finish_reason, model_version], got \"logits\"");
        assertInvalid(
                r -> r.addOutputs(wanted("text")).addOutputs(wanted("text")),
                "outputs[1].name: expected each once, got \"text\" again");
        assertInvalid(
                r -> r.addOutputs(wanted("text").putParameters("classification", whole(1))),
                "outputs[0].parameters: expected none, got [classification]");
    }

    @Test
    @Order(3)
    void mistakesInRawContentsAreNamed() {
        assertInvalid(
                r -> r.addRawInputContents(framed(PROMPTS)),
                "raw_input_contents: expected 0 as there are inputs without contents, got 1");
        assertInvalidRaw(
                framed(PROMPTS),
                framed(PROMPTS),
                "raw_input_contents: expected 1 as there are inputs without contents, got 2");
        assertInvalidRaw(
                framed(PROMPTS.subList(0, 2)),
                "raw_input_contents of inputs[0]: expected 3 lengths of 4 bytes as the shape says, got 2 and 0 bytes");
        assertInvalidRaw(
                framed(List.of("a", "b", "c", "de")),
                "raw_input_contents of inputs[0]: expected to end after 3 texts, got 6 bytes more");
        assertInvalidRaw(
                framed(List.of("a")).concat(bytes(4, 0, 0, 0, 'b')),
                "raw_input_contents of inputs[0], length of text[1]: expected 0 to 1, got 4");
        assertInvalidRaw(
                bytes(255, 255, 255, 255, 'a'),
                "raw_input_contents of inputs[0], length of text[0]: expected 0 to 1, got 4294967295");
    }

    @Test
    @Order(3)
    void mistakesInParametersAreNamed() {
        assertInvalidParameter(
                "max_token",
                whole(1),
                "parameters: expected some of [frequency_penalty, ignore_eos, logit_bias, max_tokens, min_p, "
                        + "presence_penalty, repetition_penalty, seed, stop, stop_ids, temperature, top_k, top_p], "
                        + "got \"max_token\"");
        assertInvalidParameter("min_p", number(2), "parameters.min_p: expected 0 to 1, got 2.0");
        assertInvalidParameter(
                "repetition_penalty", whole(0), "parameters.repetition_penalty: expected 0.1 to 10, got 0.0");
        assertInvalidParameter(
                "presence_penalty", number(-3), "parameters.presence_penalty: expected -2 to 2, got -3.0");
        assertInvalidParameter("stop", text(""), "parameters.stop[0]: expected at least 1 character, got 0");
        assertInvalidParameter("stop", whole(1), "parameters.stop: expected a string, got 1");
        assertInvalidParameter("stop_ids", text("7;8"), "parameters.stop_ids: expected ids as \"7,8\", got \"7;8\"");
        assertInvalidParameter(
                "logit_bias", text("7"), "parameters.logit_bias: expected pairs as \"7:-100,8:2.5\", got \"7\"");
        assertInvalidParameter("logit_bias", text("7:NaN"), "parameters.logit_bias[7]: expected -100 to 100, got NaN");
        assertInvalidParameter("ignore_eos", text("yes"), "parameters.ignore_eos: expected a bool, got \"yes\"");
        assertInvalidParameter("max_tokens", whole(0), "parameters.max_tokens: expected 1 to 64, got 0");
        assertInvalidParameter("max_tokens", whole(65), "parameters.max_tokens: expected 1 to 64, got 65");
        assertInvalidParameter("max_tokens", number(1), "parameters.max_tokens: expected a whole number, got 1.0");
        assertInvalidParameter(
                "max_tokens", text("ten"), "parameters.max_tokens: expected a whole number, got \"ten\"");
        assertInvalidParameter(
                "max_tokens",
                InferParameter.getDefaultInstance(),
                "parameters.max_tokens: expected a whole number, got none");
        assertInvalidParameter(
                "seed",
                unsigned(-1),
                "parameters.seed: expected at most 9223372036854775807, got 18446744073709551615");
        assertInvalidParameter(
                "temperature",
                InferParameter.newBuilder().setBoolParam(true).build(),
                "parameters.temperature: expected a number, got true");
        assertInvalidParameter("temperature", text("hot"), "parameters.temperature: expected a number, got \"hot\"");
        assertInvalidParameter(
                "temperature", number(Double.NaN), "parameters.temperature: expected 0, or 0.01 to 100, got NaN");
        assertInvalidParameter("top_p", whole(0), "parameters.top_p: expected above 0 and at most 1, got 0.0");
        assertInvalidParameter("top_k", whole(-1), "parameters.top_k: expected 0 to 2147483647, got -1");
    }

    /// Whoever comes second needs all places of the queue, of which the first has most.
    @Test
    @Order(4)
    void aFullQueueSendsAway() throws Exception {
        List<ListenableFuture<ModelInferResponse>> requests = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            requests.add(asynchronous(largest()));
        }

        List<Status> refusals = new ArrayList<>();
        for (ListenableFuture<ModelInferResponse> request : requests) {
            try {
                assertThat(request.get(30, TimeUnit.SECONDS).getOutputs(0).getShape(0))
                        .isEqualTo(64);
            } catch (ExecutionException e) {
                refusals.add(Status.fromThrowable(e));
            }
        }
        assertThat(refusals).hasSizeBetween(1, 7).allSatisfy(status -> {
            assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            assertThat(status.getDescription()).startsWith("queue: expected room for 64 answers, got ");
        });
    }

    @Test
    @Order(4)
    void aCallerWhoLeavesFreesTheSlots() {
        int whole = stub().modelInfer(largest()).getOutputs(1).getContents().getIntContentsList().stream()
                .mapToInt(Integer::intValue)
                .sum();
        // On a slow day a request is through before it can be cancelled: another one is not.
        await().untilAsserted(() -> assertThat(drawnForOneWhoLeaves()).isLessThan(whole));
    }

    /// While nothing is drawn: what is open stays so.
    @Test
    @Order(4)
    void aStreamHasSoManyOpenRequestsAndACallerWhoLeavesItTakesThemAlong() throws Exception {
        OperatorServiceBlockingStub operators = caller.operators();
        assertThat(healths()).containsOnly(ServingStatus.SERVING);
        operators.pause(PauseRequest.getDefaultInstance());
        try {
            assertThat(healths()).containsOnly(ServingStatus.NOT_SERVING);
            assertThat(stub().repositoryIndex(RepositoryIndexRequest.getDefaultInstance())
                            .getModels(0))
                    .isEqualTo(ModelIndex.newBuilder()
                            .setName(NAME)
                            .setVersion("1")
                            .setState("UNAVAILABLE")
                            .setReason("paused")
                            .build());
            var pieces = new LinkedBlockingQueue<ModelStreamInferResponse>();
            var out = (ClientCallStreamObserver<ModelInferRequest>)
                    GRPCInferenceServiceGrpc.newStub(caller.channel()).modelStreamInfer(new StreamObserver<>() {
                        @Override
                        public void onNext(ModelStreamInferResponse piece) {
                            pieces.add(piece);
                        }

                        @Override
                        public void onError(Throwable cause) {
                            // The caller has gone.
                        }

                        @Override
                        public void onCompleted() {
                            // As above.
                        }
                    });
            for (int i = 0; i <= 64; i++) {
                out.onNext(contents(List.of("x"))
                        .setId(Integer.toString(i))
                        .addInputs(streamed())
                        .build());
            }
            ModelStreamInferResponse refused = Objects.requireNonNull(pieces.poll(30, TimeUnit.SECONDS));
            assertThat(refused.getErrorMessage())
                    .isEqualTo("RESOURCE_EXHAUSTED: stream: expected at most 64 open requests, got one more");
            assertThat(refused.getInferResponse().getId()).isEqualTo("64");
            await().untilAsserted(() -> assertThat(models.waiting()).isEqualTo(64));

            out.cancel("gone", null);

            await().untilAsserted(() ->
                    assertThat(models.running() + models.waiting()).isZero());
        } finally {
            operators.resume(ResumeRequest.getDefaultInstance());
        }
        assertThat(healths()).containsOnly(ServingStatus.SERVING);
    }

    /// Each of these is told what it did wrong, in as many words as it used.
    @Test
    @Order(4)
    void aStreamOfACallerWhoDoesNotReadEnds() throws Exception {
        String id = "x".repeat(200_000);
        var read = new AtomicInteger();
        var closed = new CompletableFuture<Status>();
        var in = new AtomicReference<ClientCallStreamObserver<ModelInferRequest>>();
        GRPCInferenceServiceGrpc.newStub(caller.channel())
                .withDeadlineAfter(60, TimeUnit.SECONDS)
                .modelStreamInfer(new ClientResponseObserver<ModelInferRequest, ModelStreamInferResponse>() {
                    @Override
                    public void beforeStart(ClientCallStreamObserver<ModelInferRequest> stream) {
                        stream.disableAutoRequestWithInitial(0);
                        in.set(stream);
                    }

                    @Override
                    public void onNext(ModelStreamInferResponse piece) {
                        read.incrementAndGet();
                    }

                    @Override
                    public void onError(Throwable cause) {
                        closed.complete(Status.fromThrowable(cause));
                    }

                    @Override
                    public void onCompleted() {
                        closed.complete(Status.OK);
                    }
                });
        ClientCallStreamObserver<ModelInferRequest> stream = Objects.requireNonNull(in.get());
        for (int i = 0; i < 200; i++) {
            stream.onNext(ModelInferRequest.newBuilder().setId(id).build());
        }
        stream.onCompleted();
        await().pollDelay(Duration.ofSeconds(4)).until(() -> true); // for all of them to come

        stream.request(Integer.MAX_VALUE);

        Status status = closed.get(60, TimeUnit.SECONDS);
        assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(status.getDescription()).startsWith("stream: expected a caller who reads, got one");
        assertThat(read.get()).isBetween(50, 150);
    }

    /// Headers have room for 8 KiB.
    @Test
    @Order(4)
    void refusalsOfWhatIsLongArrive() {
        for (String name : List.of("x".repeat(9000), "☂".repeat(3000))) {
            ModelInferRequest request = contents(PROMPTS).setModelName(name).build();
            var failure = catchThrowableOfType(StatusRuntimeException.class, () -> stub().modelInfer(request));
            assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
            assertThat(failure.getStatus().getDescription())
                    .startsWith("model_name: expected one of [tiny], got \"" + name.substring(0, 700));
            failure = catchThrowableOfType(
                    StatusRuntimeException.class,
                    () -> caller.generate(
                            GenerateRequest.newBuilder().setModel(name).setText("x")));
            assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
        }
    }

    @Test
    @Order(4)
    void whatIsFarTooLongIsNotEncoded() {
        String text = "q".repeat(200_000);
        String message = ": expected at most 63 tokens for a context of 64, got 200000 characters";
        assertInvalidInput(
                i -> i.getContentsBuilder().setBytesContents(0, ByteString.copyFromUtf8(text)), "text[0]" + message);
        assertRefused(
                () -> caller.generate(GenerateRequest.newBuilder()
                        .setConversation(Conversation.newBuilder()
                                .addMessages(Message.newBuilder()
                                        .setRole(Message.Role.ROLE_USER)
                                        .setContent(text)))),
                Status.Code.INVALID_ARGUMENT,
                "conversation.messages" + message);
    }

    private List<ServingStatus> healths() {
        return Stream.of("", GRPCInferenceServiceGrpc.SERVICE_NAME, PolicyServiceGrpc.SERVICE_NAME)
                .map(service -> HealthGrpc.newBlockingStub(caller.channel())
                        .withDeadlineAfter(30, TimeUnit.SECONDS)
                        .check(HealthCheckRequest.newBuilder()
                                .setService(service)
                                .build())
                        .getStatus())
                .toList();
    }

    private double drawnForOneWhoLeaves() {
        FunctionCounter drawn = meters.get("generation_tokens").functionCounter();
        double before = drawn.count();
        ListenableFuture<ModelInferResponse> request = asynchronous(largest());
        await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(1)).until(() -> drawn.count() > before);
        request.cancel(true);
        await().untilAsserted(
                        () -> assertThat(models.running() + models.waiting()).isZero());
        return drawn.count() - before;
    }

    private static ModelInferRequest largest() {
        return contents(Collections.nCopies(64, "the"))
                .putParameters("temperature", whole(1))
                .putParameters("seed", whole(5))
                .build();
    }

    private ListenableFuture<ModelInferResponse> asynchronous(ModelInferRequest request) {
        return GRPCInferenceServiceGrpc.newFutureStub(caller.channel())
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .modelInfer(request);
    }

    private GRPCInferenceServiceBlockingStub stub() {
        return caller.inference();
    }

    private boolean serverReady() {
        return stub().serverReady(ServerReadyRequest.getDefaultInstance()).getReady();
    }

    private boolean modelReady(String name, String version) {
        return stub().modelReady(ModelReadyRequest.newBuilder()
                        .setName(name)
                        .setVersion(version)
                        .build())
                .getReady();
    }

    private ModelMetadataResponse metadata(String name, String version) {
        return stub().modelMetadata(ModelMetadataRequest.newBuilder()
                .setName(name)
                .setVersion(version)
                .build());
    }

    /// What the other face of the service answers.
    private Answer generated(String prompt, Sampling sampling) {
        List<GenerateResponse> chunks = chunks(prompt, sampling);
        return new Answer(
                chunks.stream().map(GenerateResponse::getText).reduce("", String::concat),
                chunks.stream().mapToInt(GenerateResponse::getTokensCount).sum());
    }

    private List<GenerateResponse> chunks(String prompt, Sampling sampling) {
        return caller.generate(GenerateRequest.newBuilder().setText(prompt).setSampling(sampling));
    }

    private Answer infer(String prompt, Map<String, InferParameter> parameters) {
        ModelInferResponse response = stub().modelInfer(
                        contents(List.of(prompt)).putAllParameters(parameters).build());
        return new Answer(
                response.getOutputs(0).getContents().getBytesContents(0).toStringUtf8(),
                response.getOutputs(1).getContents().getIntContents(0));
    }

    private List<ByteString> texts(ModelInferRequest.Builder request) {
        return stub().modelInfer(request.build()).getOutputs(0).getContents().getBytesContentsList();
    }

    private void assertInvalid(Consumer<ModelInferRequest.Builder> mistake, String message) {
        ModelInferRequest.Builder request = contents(PROMPTS);
        mistake.accept(request);
        assertRefused(() -> stub().modelInfer(request.build()), Status.Code.INVALID_ARGUMENT, message);
    }

    private void assertInvalidInput(Consumer<InferInputTensor.Builder> mistake, String message) {
        assertInvalid(request -> mistake.accept(request.getInputsBuilder(0)), message);
    }

    private void assertInvalidParameter(String name, InferParameter value, String message) {
        assertInvalid(request -> request.putParameters(name, value), message);
    }

    private void assertInvalidRaw(ByteString contents, String message) {
        assertInvalid(
                request -> {
                    request.getInputsBuilder(0).clearContents();
                    request.addRawInputContents(contents);
                },
                message);
    }

    private void assertInvalidRaw(ByteString first, ByteString second, String message) {
        assertInvalid(
                request -> {
                    request.getInputsBuilder(0).clearContents();
                    request.addRawInputContents(first).addRawInputContents(second);
                },
                message);
    }

    private static void assertRefused(Runnable call, Status.Code code, String message) {
        var failure = catchThrowableOfType(StatusRuntimeException.class, call::run);
        assertThat(failure.getStatus().getDescription()).isEqualTo(message);
        assertThat(failure.getStatus().getCode()).isEqualTo(code);
    }

    private static Sampling.Builder sampling() {
        return Sampling.newBuilder().setMaxTokens(12).setTemperature(1).setSeed(5);
    }

    private static ModelInferRequest.Builder drawnBy(Sampling sampling, ModelInferRequest.Builder request) {
        return request.putParameters("max_tokens", whole(sampling.getMaxTokens()))
                .putParameters("temperature", number(sampling.getTemperature()))
                .putParameters("seed", whole(sampling.getSeed()));
    }

    private static ModelInferRequest.Builder contents(List<String> prompts) {
        var contents = InferTensorContents.newBuilder();
        prompts.forEach(prompt -> contents.addBytesContents(ByteString.copyFromUtf8(prompt)));
        return ModelInferRequest.newBuilder().addInputs(input(prompts.size()).setContents(contents));
    }

    private static ModelInferRequest.Builder raw(List<String> prompts) {
        return ModelInferRequest.newBuilder().addInputs(input(prompts.size())).addRawInputContents(framed(prompts));
    }

    private static InferInputTensor.Builder input(int prompts) {
        return InferInputTensor.newBuilder()
                .setName("text")
                .setDatatype("BYTES")
                .addShape(prompts);
    }

    private static InferOutputTensor.Builder output(String name, String datatype, int answers) {
        return InferOutputTensor.newBuilder()
                .setName(name)
                .setDatatype(datatype)
                .addShape(answers);
    }

    private static InferRequestedOutputTensor.Builder wanted(String name) {
        return InferRequestedOutputTensor.newBuilder().setName(name);
    }

    private static TensorMetadata tensor(String name, String datatype, long... shape) {
        return TensorMetadata.newBuilder()
                .setName(name)
                .setDatatype(datatype)
                .addAllShape(Arrays.stream(shape).boxed().toList())
                .build();
    }

    /// Texts, each behind its length in four bytes, the lowest first.
    private static ByteString framed(List<String> texts) {
        ByteString framed = ByteString.EMPTY;
        for (String text : texts) {
            byte[] utf8 = text.getBytes(UTF_8);
            framed = framed.concat(bytes(utf8.length, utf8.length >> 8, 0, 0)).concat(ByteString.copyFrom(utf8));
        }
        return framed;
    }

    private static ByteString bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return ByteString.copyFrom(bytes);
    }

    private static InferParameter whole(long value) {
        return InferParameter.newBuilder().setInt64Param(value).build();
    }

    private static InferParameter unsigned(long bits) {
        return InferParameter.newBuilder().setUint64Param(bits).build();
    }

    private static InferParameter number(double value) {
        return InferParameter.newBuilder().setDoubleParam(value).build();
    }

    private static InferParameter text(String value) {
        return InferParameter.newBuilder().setStringParam(value).build();
    }
}
