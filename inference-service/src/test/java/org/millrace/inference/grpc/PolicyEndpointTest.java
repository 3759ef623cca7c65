package org.millrace.inference.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.millrace.bpe.SpecialToken;
import org.millrace.inference.Models;
import org.millrace.inference.TinyModel;
import org.millrace.proto.events.v1.Message;
import org.millrace.proto.events.v1.Sampling;
import org.millrace.proto.inference.InferParameter;
import org.millrace.proto.inference.InferTensorContents;
import org.millrace.proto.inference.ModelInferRequest;
import org.millrace.proto.inference.ModelInferRequest.InferInputTensor;
import org.millrace.proto.policy.v1.Continuation;
import org.millrace.proto.policy.v1.Conversation;
import org.millrace.proto.policy.v1.DrainRequest;
import org.millrace.proto.policy.v1.GenerateRequest;
import org.millrace.proto.policy.v1.GenerateResponse;
import org.millrace.proto.policy.v1.GenerateResponse.Finish;
import org.millrace.proto.policy.v1.GetModelRequest;
import org.millrace.proto.policy.v1.GetModelResponse;
import org.millrace.proto.policy.v1.GetStatusRequest;
import org.millrace.proto.policy.v1.ModelStatus;
import org.millrace.proto.policy.v1.OperatorServiceGrpc.OperatorServiceBlockingStub;
import org.millrace.proto.policy.v1.PauseRequest;
import org.millrace.proto.policy.v1.PolicyServiceGrpc.PolicyServiceBlockingStub;
import org.millrace.proto.policy.v1.ResumeRequest;
import org.millrace.proto.policy.v1.ScoreRequest;
import org.millrace.proto.policy.v1.ServingMode;
import org.millrace.proto.policy.v1.ServingStatus;
import org.millrace.proto.policy.v1.Tokens;
import org.millrace.proto.policy.v1.Tool;
import org.millrace.testkit.QuarkusBroker;

/// The whole service: a true broker, a true artifact store, a true engine, gRPC over the network.
@QuarkusTest
@TestProfile(PolicyEndpointTest.AnyPort.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class PolicyEndpointTest {

    public static final class AnyPort implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("quarkus.http.test-port", "0", "millrace.inference.threads", "1");
        }

        @Override
        public List<TestResourceEntry> testResources() {
            return List.of(new TestResourceEntry(QuarkusBroker.class));
        }
    }

    private static final String NAME = "tiny";
    private static final ObjectMapper JSON = new ObjectMapper();

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
    void beforeAModelIsPublishedCallersAreToComeBack() {
        assertStatus(text("x"), Status.Code.UNAVAILABLE, "no model has been published yet");
        assertThat(stub().getModel(GetModelRequest.getDefaultInstance()).getVersion())
                .isZero();
    }

    @Test
    @Order(2)
    void aPublishedModelIsServed() throws Exception {
        log.publish(1);

        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(stub().getModel(GetModelRequest.getDefaultInstance()))
                        .isEqualTo(GetModelResponse.newBuilder()
                                .setModel(NAME)
                                .setVersion(1)
                                .setStage("test")
                                .setContext(TinyModel.CONTEXT)
                                .setVocabularySize(TinyModel.config().vocabulary())
                                .setParameters(TinyModel.config().parameters())
                                .setTokenizer("tiny-tokenizer")
                                .setMode(ServingMode.SERVING_MODE_SERVING)
                                .setPrecision("fp32")
                                .build()));
    }

    @Test
    @Order(3)
    void anAnswerThatIsWantedWholeIsOneMessageOfTheSameTokens() {
        GenerateRequest.Builder request = text("the mill")
                .setSamples(3)
                .setIgnoreEnd(true)
                .setSampling(
                        Sampling.newBuilder().setTemperature(1).setMaxTokens(12).setSeed(5));
        List<GenerateResponse> pieces = caller.generate(request);

        List<GenerateResponse> whole = caller.generate(request.setWhole(true));

        assertThat(whole).extracting(GenerateResponse::getSample).containsExactlyInAnyOrder(0, 1, 2);
        assertThat(whole).allSatisfy(answer -> {
            assertThat(answer.getFinish()).isEqualTo(Finish.FINISH_LENGTH);
            assertThat(answer.getTokensList()).isEqualTo(tokens(ofSample(pieces, answer.getSample())));
            assertThat(answer.getLogProbsCount()).isEqualTo(12);
        });
        assertThat(ofSample(whole, 0).getFirst().getPromptTokensList())
                .isEqualTo(ofSample(pieces, 0).getFirst().getPromptTokensList());
    }

    @Test
    @Order(3)
    void streamsEveryTokenWithItsLogProbabilityAndVersion() {
        List<GenerateResponse> chunks = caller.generate(text("the mill")
                .setSamples(3)
                .setIgnoreEnd(true)
                .setSampling(
                        Sampling.newBuilder().setTemperature(1).setMaxTokens(12).setSeed(5)));

        assertThat(chunks).allSatisfy(chunk -> {
            assertThat(chunk.getModel()).isEqualTo(NAME);
            assertThat(chunk.getModelVersion()).isEqualTo(1);
            assertThat(chunk.getLogProbsCount())
                    .isEqualTo(chunk.getTokensCount())
                    .isPositive();
            assertThat(chunk.getLogProbsList()).allSatisfy(p -> assertThat(p).isNegative());
        });
        for (int sample = 0; sample < 3; sample++) {
            List<GenerateResponse> answer = ofSample(chunks, sample);
            assertThat(tokens(answer)).hasSize(12);
            assertThat(answer).extracting(GenerateResponse::getFinish).containsOnlyOnce(Finish.FINISH_LENGTH);
            assertThat(answer.getLast().getFinish()).isEqualTo(Finish.FINISH_LENGTH);
            assertThat(answer.stream().map(GenerateResponse::getText).reduce("", String::concat))
                    .isEqualTo(TinyModel.tokenizer()
                            .decode(tokens(answer).stream()
                                    .mapToInt(Integer::intValue)
                                    .toArray()));
        }
        List<GenerateResponse> withPrompt =
                chunks.stream().filter(c -> c.getPromptTokensCount() > 0).toList();
        assertThat(withPrompt).containsExactly(ofSample(chunks, 0).getFirst());
        assertThat(withPrompt.getFirst().getTokenizer()).isEqualTo("tiny-tokenizer");
        assertThat(withPrompt.getFirst().getTokenizerVersion()).isEqualTo(4);
        assertThat(withPrompt.getFirst().getPromptTokensList())
                .startsWith(TinyModel.tokenizer().id(SpecialToken.BOS))
                .hasSize(1 + TinyModel.tokenizer().encode("the mill").length);
    }

    @Test
    @Order(3)
    void anAnswerFitsItsSchemaAndLogProbabilitiesStayTheModelsOwn() {
        List<GenerateResponse> chunks = caller.generate(text("the mill")
                .setJsonSchema("{\"enum\": [\"rain\", [1, true]]}")
                .setSampling(Sampling.newBuilder().setTemperature(1)));

        assertThat(chunks.stream().map(GenerateResponse::getText).collect(Collectors.joining()))
                .isIn("\"rain\"", "[1,true]");
        assertThat(chunks.getLast().getFinish()).isEqualTo(GenerateResponse.Finish.FINISH_STOP);
        assertThat(chunks).flatExtracting(GenerateResponse::getLogProbsList).allSatisfy(logProb -> assertThat(logProb)
                .isBetween(-30f, -0.01f));
        assertInvalid(
                request -> request.setText("x").setJsonSchema("{\"type\": \"text\"}"),
                "json_schema.type: expected one of [array, boolean, integer, null, number, object, string], got \"text\"");
        assertInvalid(
                request -> request.setText("x").setJsonSchema("{}").setIgnoreEnd(true),
                "ignore_end: expected false with json_schema, got true");
    }

    @Test
    @Order(4)
    void aConversationEndsWithTheStartOfTheAssistantsTurn() {
        List<GenerateResponse> chunks = caller.generate(GenerateRequest.newBuilder()
                .setConversation(Conversation.newBuilder()
                        .addMessages(message(Message.Role.ROLE_SYSTEM, "sing"))
                        .addMessages(message(Message.Role.ROLE_USER, "mill?")))
                .setSampling(Sampling.newBuilder().setMaxTokens(1)));

        assertThat(chunks.getFirst().getPromptTokensList())
                .endsWith(
                        TinyModel.tokenizer().id(SpecialToken.USER_END),
                        TinyModel.tokenizer().id(SpecialToken.ASSISTANT_START));
    }

    @Test
    @Order(4)
    void furtherLogProbabilitiesComeWhereTheyWereAskedFor() {
        List<GenerateResponse> answer = caller.generate(text("the mill turns")
                .setIgnoreEnd(true)
                .setTopLogProbs(3)
                .setPromptLogProbs(true)
                .putLogitBias(9, 100)
                .setSampling(Sampling.newBuilder().setMaxTokens(4)));

        assertThat(tokens(answer)).containsExactly(9, 9, 9, 9);
        GenerateResponse first = answer.getFirst();
        assertThat(first.getPromptLogProbsCount()).isEqualTo(first.getPromptTokensCount() - 1);
        var scores = stub().score(ScoreRequest.newBuilder()
                .addPromptTokens(first.getPromptTokens(0))
                .addContinuations(Continuation.newBuilder()
                        .addAllTokens(first.getPromptTokensList().subList(1, first.getPromptTokensCount())))
                .build());
        for (int i = 0; i < first.getPromptLogProbsCount(); i++) {
            assertThat(first.getPromptLogProbs(i))
                    .isCloseTo(scores.getContinuations(0).getLogProbs(i), within(1e-5f));
        }
        assertThat(answer).allSatisfy(chunk -> {
            assertThat(chunk.getTopCount()).isEqualTo(chunk.getTokensCount());
            for (int i = 0; i < chunk.getTopCount(); i++) {
                List<Float> top = chunk.getTop(i).getLogProbsList();
                assertThat(chunk.getTop(i).getTokensCount()).isEqualTo(3);
                assertThat(top).hasSize(3).isSortedAccordingTo(Comparator.reverseOrder());
                assertThat(chunk.getLogProbs(i)).isLessThanOrEqualTo(top.getFirst());
            }
        });
    }

    @Test
    @Order(4)
    void scoresAreWhatGenerateSaid() {
        List<GenerateResponse> answer = caller.generate(text("rain")
                .setIgnoreEnd(true)
                .setSampling(Sampling.newBuilder().setTemperature(0.5f).setMaxTokens(9)));

        var scores = stub().score(ScoreRequest.newBuilder()
                .addAllPromptTokens(answer.getFirst().getPromptTokensList())
                .addContinuations(Continuation.newBuilder().addAllTokens(tokens(answer)))
                .setTemperature(0.5f)
                .build());

        assertThat(scores.getModelVersion()).isEqualTo(1);
        List<Float> expected =
                answer.stream().flatMap(c -> c.getLogProbsList().stream()).toList();
        assertThat(scores.getContinuations(0).getLogProbsList())
                .usingElementComparator((a, b) -> Math.abs(a - b) <= 1e-5 ? 0 : Float.compare(a, b))
                .isEqualTo(expected);
    }

    @Test
    @Order(4)
    void callersMistakesAreNamed() {
        int vocabulary = TinyModel.config().vocabulary();
        assertInvalid(r -> {}, "prompt: expected conversation, text or tokens, got none");
        assertInvalid(r -> r.setText(""), "text: expected at least 1 character, got 0");
        assertInvalid(r -> r.setTokens(Tokens.newBuilder()), "tokens.ids: expected at least 1, got 0");
        assertInvalid(
                r -> r.setTokens(Tokens.newBuilder().addIds(1).addIds(vocabulary)),
                "tokens.ids[1]: expected 0 to %d, got %d".formatted(vocabulary - 1, vocabulary));
        assertInvalid(
                r -> r.setTokens(Tokens.newBuilder()
                        .addAllIds(IntStream.range(0, 64).boxed().toList())),
                "prompt: expected at most 63 tokens for a context of 64, got 64");
        assertInvalid( // a message of more than 256 KiB
                r -> r.setTokens(Tokens.newBuilder().addAllIds(Collections.nCopies(300_000, 1))),
                "prompt: expected at most 63 tokens for a context of 64, got 300000");
        assertInvalid(
                r -> r.setConversation(Conversation.getDefaultInstance()),
                "conversation.messages: expected at least 1, got 0");
        assertInvalid(
                r -> r.setConversation(
                        Conversation.newBuilder().addMessages(message(Message.Role.ROLE_UNSPECIFIED, "x"))),
                "conversation.messages[0].role: expected a role, got ROLE_UNSPECIFIED");
        assertInvalid(
                r -> r.setConversation(Conversation.newBuilder().addMessages(message(Message.Role.ROLE_USER, ""))),
                "conversation.messages[0].content: expected at least 1 character, got 0");
        assertInvalid(r -> r.setText("x").setSamples(65), "samples: expected 0 to 64, got 65");
        assertInvalid(r -> r.setText("x").setSamples(-1), "samples: expected 0 to 64, got -1");
        assertInvalid(r -> r.setText("x").addStop(""), "stop[0]: expected at least 1 character, got 0");
        assertInvalidSampling(
                s -> s.setTemperature(Float.NaN), "sampling.temperature: expected 0, or 0.01 to 100, got NaN");
        assertInvalidSampling(s -> s.setTemperature(-1), "sampling.temperature: expected 0, or 0.01 to 100, got -1.0");
        assertInvalidSampling(s -> s.setTopP(1.5f), "sampling.top_p: expected above 0 and at most 1, got 1.5");
        assertInvalidSampling(s -> s.setTopK(-1), "sampling.top_k: expected at least 0, got -1");
        assertInvalidSampling(s -> s.setMaxTokens(65), "sampling.max_tokens: expected 0 to 64, got 65");
        assertInvalidSampling(s -> s.setMaxTokens(-1), "sampling.max_tokens: expected 0 to 64, got -1");
        assertInvalidSampling(
                s -> s.setMaxTokens(Integer.MAX_VALUE), "sampling.max_tokens: expected 0 to 64, got 2147483647");
        assertInvalidSampling(s -> s.setTopP(-1), "sampling.top_p: expected above 0 and at most 1, got -1.0");
        assertInvalidSampling(s -> s.setTopP(Float.NaN), "sampling.top_p: expected above 0 and at most 1, got NaN");
        assertInvalid(
                r -> r.setText("x").addAllStop(Collections.nCopies(10_000, "a")), "stop: expected 0 to 16, got 10000");
        assertInvalid(
                r -> r.setConversation(Conversation.newBuilder()
                        .addMessages(Message.newBuilder().setRoleValue(99).setContent("x"))),
                "conversation.messages[0].role: expected a role, got UNRECOGNIZED");
        assertInvalid(r -> r.setText("x").setMinP(1.5f), "min_p: expected 0 to 1, got 1.5");
        assertInvalid(r -> r.setText("x").setRepetitionPenalty(-1), "repetition_penalty: expected 0.1 to 10, got -1.0");
        assertInvalid(r -> r.setText("x").setPresencePenalty(3), "presence_penalty: expected -2 to 2, got 3.0");
        assertInvalid(r -> r.setText("x").setFrequencyPenalty(-3), "frequency_penalty: expected -2 to 2, got -3.0");
        assertInvalid(r -> r.setText("x").putLogitBias(7, 101), "logit_bias[7]: expected -100 to 100, got 101.0");
        assertInvalid(
                r -> r.setText("x").putLogitBias(vocabulary, 1),
                "logit_bias: expected ids 0 to %d, got %d".formatted(vocabulary - 1, vocabulary));
        assertInvalid(
                r -> r.setText("x").addStopIds(-1), "stop_ids[0]: expected 0 to %d, got -1".formatted(vocabulary - 1));
        assertInvalid(r -> r.setText("x").setTopLogProbs(21), "top_log_probs: expected 0 to 20, got 21");
        assertStatus(
                text("x").setModel("other"), Status.Code.NOT_FOUND, "model: expected one of [tiny], got \"other\"");
    }

    @Test
    @Order(4)
    void mistakesInScoreRequestsAreNamed() {
        var request = ScoreRequest.newBuilder();
        assertInvalidScore(request, "continuations: expected 1 to 64, got 0");
        request.addContinuations(Continuation.getDefaultInstance());
        assertInvalidScore(request, "prompt_tokens: expected at least 1, got 0");
        request.addPromptTokens(1);
        assertInvalidScore(request, "continuations[0].tokens: expected at least 1, got 0");
        request.setContinuations(
                0,
                Continuation.newBuilder()
                        .addAllTokens(IntStream.range(0, 64).boxed().toList()));
        assertInvalidScore(
                request, "continuations[0].tokens: expected at most 63 for a context of 64 behind 1, got 64");
        request.setContinuations(0, Continuation.newBuilder().addTokens(-1));
        assertInvalidScore(
                request,
                "continuations[0].tokens[0]: expected 0 to %d, got -1"
                        .formatted(TinyModel.config().vocabulary() - 1));
    }

    /// What no client should send, by all three protocols: the caller's mistake each time, and never ours.
    @Test
    @Order(4)
    void nonsenseIsTheCallersMistakeInEveryProtocol() throws Exception {
        String tooLong = "q".repeat(TinyModel.CONTEXT);
        var stops = new ArrayList<String>();
        for (int i = 0; i < 10_000; i++) {
            stops.add("s" + i);
        }
        List<String> told = new ArrayList<>();
        for (GenerateRequest.Builder request : List.of(
                GenerateRequest.newBuilder(),
                text(""),
                text(tooLong),
                text("x").setSampling(Sampling.newBuilder().setTemperature(Float.NaN)),
                text("x").setSampling(Sampling.newBuilder().setTemperature(-1)),
                text("x").setSampling(Sampling.newBuilder().setTopP(2)),
                text("x").setSampling(Sampling.newBuilder().setMaxTokens(-1)),
                text("x").setSampling(Sampling.newBuilder().setMaxTokens(Integer.MIN_VALUE)), // what 2³¹ is on the wire
                text("x").addAllStop(stops),
                GenerateRequest.newBuilder()
                        .setConversation(Conversation.newBuilder()
                                .addMessages(
                                        Message.newBuilder().setRoleValue(77).setContent("x"))))) {
            told.add(sent(
                    "millrace.policy.v1.PolicyService/Generate", request.build().toByteArray()));
        }
        ByteString notUtf8 = ByteString.copyFrom(new byte[] {'a', (byte) 0xff, 'b'});
        String infer = "inference.GRPCInferenceService/ModelInfer";
        for (ByteString prompt : List.of(ByteString.EMPTY, ByteString.copyFromUtf8(tooLong), notUtf8)) {
            told.add(sent(infer, infer(prompt).build().toByteArray()));
        }
        for (Map.Entry<String, String> parameter : List.of(
                Map.entry("temperature", "NaN"),
                Map.entry("temperature", "-1"),
                Map.entry("top_p", "0"),
                Map.entry("top_p", "2"),
                Map.entry("max_tokens", "0"),
                Map.entry("max_tokens", "2147483648"))) {
            told.add(sent(
                    infer,
                    infer(ByteString.copyFromUtf8("x"))
                            .putParameters(
                                    parameter.getKey(),
                                    InferParameter.newBuilder()
                                            .setStringParam(parameter.getValue())
                                            .build())
                            .build()
                            .toByteArray()));
        }
        assertThat(told).containsOnly("INVALID_ARGUMENT");

        List<Integer> statuses = new ArrayList<>();
        for (String fields : List.of(
                "\"prompt\":\"\"",
                "\"prompt\":\"" + tooLong + "\"",
                "\"prompt\":\"x\",\"temperature\":NaN",
                "\"prompt\":\"x\",\"temperature\":-1",
                "\"prompt\":\"x\",\"top_p\":0",
                "\"prompt\":\"x\",\"top_p\":2",
                "\"prompt\":\"x\",\"max_tokens\":0",
                "\"prompt\":\"x\",\"max_tokens\":2147483648",
                "\"prompt\":\"x\",\"stop\":[\"" + String.join("\",\"", stops) + "\"]")) {
            statuses.add(caller.post("/v1/completions", "{" + fields + "}").statusCode());
        }
        statuses.add(caller.send(caller.request("/v1/completions")
                        .header("content-type", "application/json")
                        .POST(BodyPublishers.ofString("{\"prompt\":\"a\u00ffb\"}", StandardCharsets.ISO_8859_1)))
                .statusCode());
        statuses.add(caller.post("/v1/chat/completions", "{\"messages\":[{\"role\":\"wizard\",\"content\":\"x\"}]}")
                .statusCode());
        assertThat(statuses).containsOnly(400);

        assertThat(sent(
                        "millrace.policy.v1.PolicyService/Generate",
                        GenerateRequest.newBuilder()
                                .setUnknownFields(UnknownFieldSet.newBuilder()
                                        .addField(
                                                GenerateRequest.TEXT_FIELD_NUMBER,
                                                UnknownFieldSet.Field.newBuilder()
                                                        .addLengthDelimited(notUtf8)
                                                        .build())
                                        .build())
                                .build()
                                .toByteArray()))
                .as("what gRPC says of a message that it cannot parse: nothing of ours sees it")
                .isEqualTo("INTERNAL");

        byte[] huge = new byte[64 << 20];
        Arrays.fill(huge, (byte) ' ');
        assertThat(sent(infer, infer(ByteString.copyFrom(huge)).build().toByteArray()))
                .as("what gRPC says of a message above its limit")
                .isEqualTo("RESOURCE_EXHAUSTED");
        assertThat(models.running() + models.waiting()).isZero();
    }

    /// The name of the status that bytes get, whatever they are.
    private String sent(String method, byte[] request) {
        MethodDescriptor.Marshaller<byte[]> bytes = new MethodDescriptor.Marshaller<>() {
            @Override
            public InputStream stream(byte[] value) {
                return new ByteArrayInputStream(value);
            }

            @Override
            public byte[] parse(InputStream stream) {
                return new byte[0];
            }
        };
        var call = MethodDescriptor.newBuilder(bytes, bytes)
                .setType(MethodDescriptor.MethodType.SERVER_STREAMING)
                .setFullMethodName(method)
                .build();
        return catchThrowableOfType(StatusRuntimeException.class, () -> ClientCalls.blockingServerStreamingCall(
                                caller.channel(),
                                call,
                                CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS),
                                request)
                        .forEachRemaining(reply -> {}))
                .getStatus()
                .getCode()
                .name();
    }

    private static ModelInferRequest.Builder infer(ByteString prompt) {
        return ModelInferRequest.newBuilder()
                .addInputs(InferInputTensor.newBuilder()
                        .setName("text")
                        .setDatatype("BYTES")
                        .addShape(1)
                        .setContents(InferTensorContents.newBuilder().addBytesContents(prompt)));
    }

    @Test
    @Order(5)
    void aCallerWhoLeavesFreesTheSlots() throws Exception {
        double before = meters.get("generation_tokens").functionCounter().count();
        Context.CancellableContext call = Context.current().withCancellation();
        Iterator<GenerateResponse> answers = call.call(() -> stub().generate(text("x")
                .setSamples(64)
                .setIgnoreEnd(true)
                .setSampling(Sampling.newBuilder().setTemperature(1))
                .build()));
        assertThat(answers.hasNext()).isTrue();

        call.cancel(null);

        await().untilAsserted(
                        () -> assertThat(models.running() + models.waiting()).isZero());
        double whole = 64.0 * (TinyModel.CONTEXT - 2);
        assertThat(meters.get("generation_tokens").functionCounter().count() - before)
                .isLessThan(whole / 2);
    }

    @Test
    @Order(6)
    void aNewerVersionTakesOverAndABadOneDoesNot() throws Exception {
        log.publishBroken(2);
        log.publish(3);

        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(caller.generate(
                                text("x").setSampling(Sampling.newBuilder().setMaxTokens(1)))
                        .getFirst()
                        .getModelVersion())
                .isEqualTo(3));
        log.publishBroken(4);
        log.publish(5);
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(models.find(NAME).version()).isEqualTo(5));

        log.publish(3); // one event takes it back
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(models.find(NAME).version()).isEqualTo(3));
        assertThat(caller.generate(text("x").setSampling(Sampling.newBuilder().setMaxTokens(1)))
                        .getFirst()
                        .getModelVersion())
                .isEqualTo(3);
    }

    @Test
    @Order(7)
    void operatorsPauseResumeAndDrain() throws Exception {
        OperatorServiceBlockingStub operators = caller.operators();
        GenerateRequest.Builder request =
                text("x").setSampling(Sampling.newBuilder().setMaxTokens(2));
        assertThat(caller.get("/q/health/ready").statusCode()).isEqualTo(200);

        operators.pause(PauseRequest.getDefaultInstance());
        assertThat(operators.pause(PauseRequest.getDefaultInstance()).getStatus())
                .isEqualTo(ServingStatus.newBuilder()
                        .setMode(ServingMode.SERVING_MODE_PAUSED)
                        .addModels(ModelStatus.newBuilder()
                                .setName(NAME)
                                .setVersion(stub().getModel(GetModelRequest.getDefaultInstance())
                                        .getVersion())
                                .setPrecision("fp32"))
                        .build());
        assertThat(stub().getModel(GetModelRequest.getDefaultInstance()).getMode())
                .isEqualTo(ServingMode.SERVING_MODE_PAUSED);
        assertThat(caller.get("/q/health/ready").statusCode()).isEqualTo(503);
        assertThat(caller.get("/q/health/live").statusCode()).isEqualTo(200);
        assertThat(meters.get("serving_mode").tag("mode", "paused").gauge().value())
                .isEqualTo(1);
        assertThat(catchThrowableOfType(
                                StatusRuntimeException.class, () -> stub().withDeadlineAfter(200, TimeUnit.MILLISECONDS)
                                        .generate(request.build())
                                        .hasNext())
                        .getStatus()
                        .getCode())
                .isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        await().untilAsserted(() -> assertThat(operators
                        .getStatus(GetStatusRequest.getDefaultInstance())
                        .getStatus()
                        .getWaiting())
                .as("who has gone does not wait")
                .isZero());

        operators.resume(ResumeRequest.getDefaultInstance());
        assertThat(tokens(caller.generate(request))).isNotEmpty();
        assertThat(caller.get("/q/health/ready").statusCode()).isEqualTo(200);

        operators.drain(DrainRequest.getDefaultInstance());
        String drained = "the server is being drained and takes no requests: ask another one";
        assertStatus(request, Status.Code.UNAVAILABLE, drained);
        HttpResponse<String> refusal = caller.post("/v1/completions", "{\"prompt\":\"x\"}");
        assertThat(refusal.statusCode()).isEqualTo(503);
        assertThat(refusal.body())
                .isEqualTo(
                        "{\"error\":{\"message\":\"%s\",\"type\":\"server_error\",\"param\":null,\"code\":\"draining\"}}"
                                .formatted(drained));
        assertThat(caller.get("/q/health/ready").statusCode()).isEqualTo(503);

        operators.resume(ResumeRequest.getDefaultInstance());
        assertThat(tokens(caller.generate(request))).isNotEmpty();
    }

    /// Words for tools take room.
    private void publishRoomy() throws Exception {
        log.publish(6, TinyModel.config(1024));
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(models.find(NAME).version()).isEqualTo(6));
    }

    @Test
    @Order(8)
    void whatIsCalledIsToldByRoleAndForcedTokensAreMarked() throws Exception {
        publishRoomy();
        int begin = TinyModel.tokenizer().id(SpecialToken.PYTHON_START);
        int end = TinyModel.tokenizer().id(SpecialToken.PYTHON_END);
        GenerateRequest.Builder calls = GenerateRequest.newBuilder()
                .setConversation(Conversation.newBuilder().addMessages(message(Message.Role.ROLE_USER, "0?")))
                .putLogitBias(begin, 100)
                .putLogitBias(end, 100)
                .setPresencePenalty(2)
                .setFrequencyPenalty(2)
                .setSampling(Sampling.newBuilder().setMaxTokens(60));
        List<Integer> output = new ArrayList<>();
        output.add(TinyModel.tokenizer().id(SpecialToken.OUTPUT_START));
        for (int id : TinyModel.tokenizer().encode("error: expected a number at the end")) {
            output.add(id);
        }
        output.add(TinyModel.tokenizer().id(SpecialToken.OUTPUT_END));

        List<GenerateResponse> answer = caller.generate(calls);
        List<GenerateResponse> plain = caller.generate(calls.clone().setCalculator(false));

        List<Integer> forced = new ArrayList<>();
        for (GenerateResponse chunk : answer) {
            assertThat(chunk.getForcedCount()).isIn(0, chunk.getTokensCount());
            for (int i = 0; i < chunk.getForcedCount(); i++) {
                if (chunk.getForced(i)) {
                    forced.add(chunk.getTokens(i));
                }
            }
        }
        assertThat(Collections.indexOfSubList(forced, output)).isZero();
        assertThat(Collections.indexOfSubList(tokens(answer), output)).isPositive();
        List<Message> said = answer.stream()
                .flatMap(chunk -> chunk.getCallsList().stream())
                .limit(2)
                .toList();
        assertThat(said)
                .containsExactly(
                        message(
                                Message.Role.ROLE_TOOL_CALL,
                                "{\"name\": \"calculator\", \"arguments\": {\"expression\": \"\"}}"),
                        message(Message.Role.ROLE_TOOL_OUTPUT, "error: expected a number at the end"));
        assertThat(caller.generate(GenerateRequest.newBuilder()
                        .setConversation(Conversation.newBuilder()
                                .addMessages(message(Message.Role.ROLE_USER, "0?"))
                                .addAllMessages(said))
                        .setSampling(Sampling.newBuilder().setMaxTokens(1))))
                .as("what was said may be sent back")
                .isNotEmpty();
        assertThat(plain).allMatch(chunk -> chunk.getForcedCount() == 0 && chunk.getCallsCount() == 0);
    }

    @Test
    @Order(9)
    void aRequiredCallComesWhole() {
        GenerateRequest.Builder request = GenerateRequest.newBuilder()
                .setConversation(Conversation.newBuilder().addMessages(message(Message.Role.ROLE_USER, "rain?")))
                .addTools(Tool.newBuilder()
                        .setName("rain")
                        .setParameters("{\"properties\": {\"in\": {\"enum\": [\"Bern\"]}}, \"required\": [\"in\"]}"))
                .setToolChoice("rain")
                .setSampling(Sampling.newBuilder().setTemperature(1).setSeed(3));

        List<GenerateResponse> answer = caller.generate(request);

        assertThat(answer.getLast().getCallsList()).hasSize(1);
        Message call = answer.getLast().getCalls(0); // blanks are as they were drawn
        assertThat(call.getRole()).isEqualTo(Message.Role.ROLE_TOOL_CALL);
        assertThat(read(call.getContent())).isEqualTo(read("{\"name\":\"rain\",\"arguments\":{\"in\":\"Bern\"}}"));
        assertThat(answer.getLast().getFinish()).isEqualTo(Finish.FINISH_CALL);
        assertThat(answer).allMatch(chunk -> chunk.getText().isEmpty());
        List<GenerateResponse> next = caller.generate(GenerateRequest.newBuilder()
                .setConversation(Conversation.newBuilder()
                        .addMessages(message(Message.Role.ROLE_USER, "rain?"))
                        .addMessages(call)
                        .addMessages(message(Message.Role.ROLE_TOOL_OUTPUT, "no")))
                .setSampling(Sampling.newBuilder().setMaxTokens(1)));
        assertThat(next.getFirst().getPromptTokensList())
                .endsWith(
                        TinyModel.tokenizer().id(SpecialToken.OUTPUT_START),
                        TinyModel.tokenizer().encode("n")[0],
                        TinyModel.tokenizer().encode("o")[0],
                        TinyModel.tokenizer().id(SpecialToken.OUTPUT_END));
    }

    @Test
    @Order(9)
    void clientsOfOpenAiGetCallsAndAnswerThem() throws Exception {
        String ask = """
                {"temperature":1,"seed":4,"n":2,%s"tool_choice":"required","tools":[{"type":"function","function":{
                 "name":"rain","parameters":{"properties":{"in":{"enum":["Bern","Chur"]}},"required":["in"]}}}],
                 "messages":[{"role":"user","content":"rain?"},
                  {"role":"assistant","content":null,"tool_calls":[
                   {"id":"a","type":"function","function":{"name":"calculator","arguments":"{\\"expression\\":\\"1+1\\"}"}},
                   {"id":"b","type":"function","function":{"name":"rain","arguments":"{\\"in\\":\\"Chur\\"}"}}]},
                  {"role":"tool","tool_call_id":"b","content":"no"},
                  {"role":"tool","tool_call_id":"a","content":"2"},
                  {"role":"assistant","content":"dry"},{"role":"user","content":"now?"}]}""";

        JsonNode whole = JSON.readTree(chat(ask.formatted("")));
        List<JsonNode> stream = chat(ask.formatted("\"stream\":true,"))
                .lines()
                .filter(line -> line.startsWith("data: {"))
                .map(line -> read(line.substring(6)))
                .toList();

        for (int index = 0; index < 2; index++) {
            JsonNode choice = whole.path("choices").path(index);
            assertThat(choice.path("finish_reason").asText()).isEqualTo("tool_calls");
            assertThat(choice.path("message").path("content").isNull()).isTrue();
            JsonNode call = choice.path("message").path("tool_calls").path(0);
            assertThat(call.path("id").asText()).startsWith("call_");
            assertThat(call.path("type").asText()).isEqualTo("function");
            assertThat(call.path("function").path("name").asText()).isEqualTo("rain");
            assertThat(call.path("function").path("arguments").asText()).isIn("{\"in\":\"Bern\"}", "{\"in\":\"Chur\"}");
            int wanted = index;
            List<JsonNode> deltas = stream.stream()
                    .map(event -> event.path("choices").path(0))
                    .filter(streamed -> streamed.path("index").asInt() == wanted)
                    .flatMap(streamed ->
                            streamed.path("delta").path("tool_calls").valueStream())
                    .toList();
            assertThat(deltas).singleElement().satisfies(delta -> {
                assertThat(delta.path("index").asInt()).isZero();
                assertThat(delta.path("id").asText()).startsWith("call_");
                assertThat(delta.path("function")).isEqualTo(call.path("function"));
            });
        }
        assertThat(stream.getLast()
                        .path("choices")
                        .path(0)
                        .path("finish_reason")
                        .asText())
                .isEqualTo("tool_calls");
        assertRefused(ask.replace("\"id\":\"b\"", "\"id\":\"a\"").formatted(""), "expected one for each call, got");
        assertRefused(ask.replace("_id\":\"b\"", "_id\":\"c\"").formatted(""), "a call that nobody has answered, got");
        assertRefused(ask.replace("\"required\"", "\"snow\"").formatted(""), "expected none, auto, required or a");
        assertRefused(ask.formatted("\"ignore_eos\":true,"), "ignore_eos: expected false where a call is required");
        assertRefused(
                ask.formatted("\"response_format\":{\"type\":\"json_object\"},"),
                "response_format: expected no tools beside it, got 1");
        assertRefused(ask.replace("\"enum\"", "\"if\"").formatted(""), "tools[0].function.parameters.properties.in.if");
    }

    /// What the calculator said is no text of the assistant's; beside its log-probability it is marked.
    @Test
    @Order(9)
    void clientsOfOpenAiSeeForcedTokensAmongLogProbabilities() throws Exception {
        String ask = """
                {"temperature":0,"max_tokens":60,"logprobs":true,%s"messages":[{"role":"user","content":"0?"}],
                 "presence_penalty":2,"frequency_penalty":2,"logit_bias":{"%d":100,"%d":100}}""";
        int begin = TinyModel.tokenizer().id(SpecialToken.PYTHON_START);
        int end = TinyModel.tokenizer().id(SpecialToken.PYTHON_END);

        JsonNode choice = JSON.readTree(chat(ask.formatted("", begin, end)))
                .path("choices")
                .path(0);
        String plain = chat(ask.formatted("\"calculator\":false,", begin, end));

        assertThat(choice.path("message").path("content").asText()).doesNotContain("error");
        assertThat(choice.path("logprobs")
                        .path("content")
                        .valueStream()
                        .filter(token -> token.path("forced").asBoolean())
                        .map(token -> token.path("token").asText())
                        .collect(Collectors.joining()))
                .startsWith("error: expected a number at the end");
        assertThat(plain).doesNotContain("forced");
    }

    private void assertRefused(String body, String message) throws Exception {
        assertThat(chat(body)).contains("invalid_request_error").contains(message.replace("\"", "\\\""));
    }

    private String chat(String body) throws Exception {
        return caller.post("/v1/chat/completions", body).body();
    }

    private PolicyServiceBlockingStub stub() {
        return caller.policy();
    }

    private static JsonNode read(String json) {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new AssertionError(json, e);
        }
    }

    private void assertInvalid(Consumer<GenerateRequest.Builder> mistake, String message) {
        GenerateRequest.Builder request = GenerateRequest.newBuilder();
        mistake.accept(request);
        assertStatus(request, Status.Code.INVALID_ARGUMENT, message);
    }

    private void assertInvalidSampling(Consumer<Sampling.Builder> mistake, String message) {
        Sampling.Builder sampling = Sampling.newBuilder();
        mistake.accept(sampling);
        assertStatus(text("x").setSampling(sampling), Status.Code.INVALID_ARGUMENT, message);
    }

    private void assertStatus(GenerateRequest.Builder request, Status.Code code, String message) {
        var failure = catchThrowableOfType(StatusRuntimeException.class, () -> caller.generate(request));
        assertThat(failure.getStatus().getCode()).isEqualTo(code);
        assertThat(failure.getStatus().getDescription()).isEqualTo(message);
    }

    private void assertInvalidScore(ScoreRequest.Builder request, String message) {
        var failure = catchThrowableOfType(StatusRuntimeException.class, () -> stub().score(request.build()));
        assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(failure.getStatus().getDescription()).isEqualTo(message);
    }

    private static GenerateRequest.Builder text(String text) {
        return GenerateRequest.newBuilder().setText(text);
    }

    private static Message message(Message.Role role, String content) {
        return Message.newBuilder().setRole(role).setContent(content).build();
    }

    private static List<GenerateResponse> ofSample(List<GenerateResponse> chunks, int sample) {
        return chunks.stream().filter(c -> c.getSample() == sample).toList();
    }

    private static List<Integer> tokens(List<GenerateResponse> answer) {
        return answer.stream().flatMap(c -> c.getTokensList().stream()).toList();
    }
}
