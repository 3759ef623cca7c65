package org.millrace.inference.grpc.infer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.ByteArrayOutputStream;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.millrace.inference.Mode;
import org.millrace.inference.Models;
import org.millrace.inference.Served;
import org.millrace.inference.TinyModel;
import org.millrace.inference.grpc.Caller;
import org.millrace.inference.grpc.TwoSlots;
import org.millrace.proto.inference.InferParameter;
import org.millrace.proto.inference.InferTensorContents;
import org.millrace.proto.inference.ModelInferRequest;
import org.millrace.proto.inference.ModelInferRequest.InferInputTensor;
import org.millrace.proto.inference.ModelInferRequest.InferRequestedOutputTensor;
import org.millrace.proto.inference.ModelInferResponse;

/// The whole service as a client of Triton or KServe sees it over HTTP. Answers are held against gRPC's.
@QuarkusTest
@TestProfile(TwoSlots.class)
class RestEndpointTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String TINY = "/v2/models/tiny";
    private static final List<String> OUTPUTS =
            Arrays.stream(InferOutput.values()).map(InferOutput::tensor).toList();
    private static final String MARKS = "[]{}\",:0-9etn\\";
    private static final String DRAWN = "{\"max_tokens\":12,\"temperature\":1.0,\"seed\":5,\"ignore_eos\":true}";

    @Inject
    Caller caller;

    @Inject
    Served tiny;

    @Inject
    Models models;

    @Inject
    MeterRegistry meters;

    @Test
    void saysWhoAnswersAndWhetherItCan() throws Exception {
        assertThat(get("/v2").path("name").asText()).isEqualTo("millrace");
        assertThat(get("/v2").path("version").asText()).isNotEmpty();
        assertThat(get("/v2").path("extensions").toString()).isEqualTo("[\"model_repository\",\"binary_tensor_data\"]");
        assertThat(get("/v2/health/live").toString()).isEqualTo("{\"live\":true}");
        assertThat(get("/v2/health/ready").toString()).isEqualTo("{\"ready\":true}");
        InferenceEndpointTest.Weather.FINE.set(false);
        try {
            assertError(caller.get("/v2/health/ready"), 503, "the server is not ready");
        } finally {
            InferenceEndpointTest.Weather.FINE.set(true);
        }
    }

    @Test
    void saysWhatAModelTakesAndGives() throws Exception {
        JsonNode model = get(TINY);

        assertThat(model.path("name").asText()).isEqualTo("tiny");
        assertThat(model.path("versions").toString()).isEqualTo("[\"%d\"]".formatted(tiny.version()));
        assertThat(model.path("platform").asText()).isEqualTo("onnxruntime");
        assertThat(model.path("inputs").path(2).toString())
                .isEqualTo("{\"name\":\"token_ids\",\"datatype\":\"INT32\",\"shape\":[-1,-1]}");
        assertThat(model.path("inputs")).hasSize(InferTensor.Kind.values().length);
        assertThat(model.path("outputs").findValuesAsText("name")).isEqualTo(OUTPUTS);
        assertThat(get(TINY + "/versions/" + tiny.version())).isEqualTo(model);
        assertThat(get("/v2/models/t%69n%79")).isEqualTo(model);
    }

    @Test
    void modelsAreReadyUnlessTheyWait() throws Exception {
        String listed = "[{\"name\":\"tiny\",\"version\":\"%d\",\"state\":\"%s\",\"reason\":\"%s\"}]";
        assertThat(get(TINY + "/ready").toString()).isEqualTo("{\"name\":\"tiny\",\"ready\":true}");
        assertThat(get(TINY + "/versions/" + tiny.version() + "/ready")).isEqualTo(get(TINY + "/ready"));
        assertThat(caller.post("/v2/repository/index", "").body())
                .isEqualTo(listed.formatted(tiny.version(), "READY", ""));
        models.enter(Mode.PAUSED);
        try {
            assertError(caller.get(TINY + "/ready"), 503, "tiny is not ready: paused");
            assertThat(caller.post("/v2/repository/index", "{}").body())
                    .isEqualTo(listed.formatted(tiny.version(), "UNAVAILABLE", "paused"));
            assertThat(caller.post("/v2/repository/index", "{\"ready\":true}").body())
                    .isEqualTo("[]");
        } finally {
            models.enter(Mode.SERVING);
        }
    }

    @Test
    void whatIsNotServedIsNotFound() throws Exception {
        String unknown = "model: expected one of [tiny], got \"a/b c\"";
        for (String path : List.of("/v2/models/a%2Fb%20c", "/v2/models/a%2Fb%20c/versions/1/ready")) {
            assertError(caller.get(path), 404, unknown);
        }
        assertError(caller.post("/v2/models/a%2Fb%20c/infer", infer("the mill")), 404, unknown);
        assertError(caller.post("/v2/models/a%2Fb%20c/generate", text("the mill")), 404, unknown);
        String version = "version: expected %d, got \"7\"".formatted(tiny.version());
        assertError(caller.get(TINY + "/versions/7"), 404, version);
        assertError(caller.get(TINY + "/versions/7/ready"), 404, version);
        assertError(caller.post(TINY + "/versions/7/infer", infer("the mill")), 404, version);
        assertError(caller.get(TINY + "/infer"), 404, "there is no GET /v2/models/tiny/infer");
        assertError(caller.get("/v2/shared"), 404, "there is no GET /v2/shared");
    }

    @Test
    void answersAreThoseOfGrpc() throws Exception {
        List<String> prompts = List.of("the mill", "ünïcödé ☂", "rain");
        ObjectNode request = request(data("text", prompts), OUTPUTS);
        request.put("id", "request ☂");

        JsonNode response =
                JSON.readTree(caller.post(TINY + "/infer", request.toString()).body());

        ModelInferResponse expected = overGrpc(prompts);
        assertThat(response.path("model_name").asText()).isEqualTo("tiny");
        assertThat(response.path("model_version").asText()).isEqualTo(Long.toString(tiny.version()));
        assertThat(response.path("id").asText()).isEqualTo("request ☂");
        assertThat(response.path("outputs").findValuesAsText("name")).isEqualTo(OUTPUTS);
        for (int i = 0; i < OUTPUTS.size(); i++) {
            JsonNode output = response.path("outputs").path(i);
            InferTensorContents contents = expected.getOutputs(i).getContents();
            assertThat(output.path("datatype").asText())
                    .isEqualTo(expected.getOutputs(i).getDatatype());
            assertThat(numbers(output.path("shape")))
                    .isEqualTo(expected.getOutputs(i).getShapeList().stream()
                            .map(Long::doubleValue)
                            .toList());
            JsonNode data = output.path("data");
            if (output.path("datatype").asText().equals("BYTES")) {
                assertThat(texts(data))
                        .isEqualTo(contents.getBytesContentsList().stream()
                                .map(ByteString::toStringUtf8)
                                .toList());
            } else {
                List<Double> wanted = new ArrayList<>();
                contents.getIntContentsList().forEach(number -> wanted.add((double) number));
                contents.getInt64ContentsList().forEach(number -> wanted.add((double) number));
                contents.getFp32ContentsList().forEach(number -> wanted.add((double) number));
                assertClose(numbers(data), wanted);
            }
        }
    }

    private ModelInferResponse overGrpc(List<String> prompts) {
        var texts = InferTensorContents.newBuilder();
        prompts.forEach(prompt -> texts.addBytesContents(ByteString.copyFromUtf8(prompt)));
        var request = ModelInferRequest.newBuilder()
                .addInputs(InferInputTensor.newBuilder()
                        .setName("text")
                        .setDatatype("BYTES")
                        .addShape(prompts.size())
                        .setContents(texts))
                .putParameters(
                        "max_tokens",
                        InferParameter.newBuilder().setInt64Param(12).build())
                .putParameters(
                        "temperature",
                        InferParameter.newBuilder().setDoubleParam(1).build())
                .putParameters(
                        "seed", InferParameter.newBuilder().setInt64Param(5).build())
                .putParameters(
                        "ignore_eos",
                        InferParameter.newBuilder().setBoolParam(true).build());
        OUTPUTS.forEach(name ->
                request.addOutputs(InferRequestedOutputTensor.newBuilder().setName(name)));
        return caller.inference().modelInfer(request.build());
    }

    /// Whatever travels in binary says what JSON says, in both directions and beside each other.
    @Test
    void elementsInBinaryAreThoseInJson() throws Exception {
        var random = new Random(17);
        for (int round = 0; round < 25; round++) {
            ArrayNode inputs = randomInputs(random);
            List<String> wanted = new ArrayList<>(OUTPUTS);
            Collections.shuffle(wanted, random);
            wanted = wanted.subList(0, 1 + random.nextInt(OUTPUTS.size()));
            ObjectNode listed = request(inputs, wanted);
            JsonNode expected = JSON.readTree(
                            caller.post(TINY + "/infer", listed.toString()).body())
                    .path("outputs");

            ObjectNode mixed = listed.deepCopy();
            ByteArrayOutputStream behind = new ByteArrayOutputStream();
            for (JsonNode input : mixed.path("inputs")) {
                if (random.nextInt(3) > 0) {
                    byte[] elements = binary(input);
                    ((ObjectNode) input).remove("data");
                    ((ObjectNode) input).putObject("parameters").put("binary_data_size", elements.length);
                    behind.writeBytes(elements);
                }
            }
            boolean all = random.nextBoolean();
            mixed.withObject("/parameters").put("binary_data_output", all);
            List<Boolean> inBinary = new ArrayList<>();
            for (JsonNode output : mixed.path("outputs")) {
                int said = random.nextInt(3); // no, yes, nothing
                if (said < 2) {
                    ((ObjectNode) output).putObject("parameters").put("binary_data", said == 1);
                }
                inBinary.add(said == 2 ? all : said == 1);
            }
            HttpResponse<byte[]> response = binary(mixed.toString(), behind.toByteArray());

            assertThat(response.statusCode())
                    .as(new String(response.body(), UTF_8))
                    .isEqualTo(200);
            assertSame(response, expected, inBinary);
        }
    }

    private static ArrayNode randomInputs(Random random) {
        int prompts = 1 + random.nextInt(4);
        ArrayNode inputs;
        if (random.nextBoolean()) {
            inputs = data(
                    random.nextBoolean() ? "text" : "text_input",
                    IntStream.range(0, prompts)
                            .mapToObj(i -> List.of("the mill", "rain ☂", "x", "zwölf\n\"")
                                    .get(random.nextInt(4)))
                            .toList());
        } else {
            int width = 1 + random.nextInt(6);
            inputs = JSON.createArrayNode();
            ObjectNode tensor = inputs.addObject()
                    .put("name", "token_ids")
                    .put("datatype", random.nextBoolean() ? "INT32" : "INT64");
            tensor.putArray("shape").add(prompts).add(width);
            ArrayNode data = tensor.putArray("data");
            boolean nested = random.nextBoolean();
            for (int row = 0; row < prompts; row++) {
                ArrayNode into = nested ? data.addArray() : data;
                random.ints(width, 0, TinyModel.config().vocabulary()).forEach(into::add);
            }
        }
        if (random.nextBoolean()) {
            inputs.addAll(data("sampling_parameters", List.of("{\"top_k\":40,\"stop\":[\"qqq\"]}")));
        }
        if (random.nextBoolean()) {
            ObjectNode flag =
                    inputs.addObject().put("name", "exclude_input_in_output").put("datatype", "BOOL");
            flag.putArray("shape").add(1);
            flag.putArray("data").add(true);
        }
        return inputs;
    }

    /// The elements of an input as they are behind the JSON.
    private static byte[] binary(JsonNode input) {
        ByteBuffer out = ByteBuffer.allocate(10_000).order(ByteOrder.LITTLE_ENDIAN);
        List<JsonNode> elements = new ArrayList<>();
        input.path("data").forEach(element -> {
            if (element.isArray()) {
                element.forEach(elements::add);
            } else {
                elements.add(element);
            }
        });
        for (JsonNode element : elements) {
            switch (input.path("datatype").asText()) {
                case "BYTES" -> {
                    byte[] utf8 = element.asText().getBytes(UTF_8);
                    out.putInt(utf8.length).put(utf8);
                }
                case "BOOL" -> out.put((byte) (element.booleanValue() ? 1 : 0));
                case "INT32" -> out.putInt(element.intValue());
                case "INT64" -> out.putLong(element.longValue());
                default -> throw new AssertionError(input);
            }
        }
        return Arrays.copyOf(out.array(), out.position());
    }

    private static void assertSame(HttpResponse<byte[]> response, JsonNode expected, List<Boolean> inBinary)
            throws Exception {
        int length = response.headers()
                .firstValue("inference-header-content-length")
                .map(Integer::parseInt)
                .orElse(response.body().length);
        assertThat(response.headers().firstValue("content-type"))
                .hasValue(inBinary.contains(true) ? "application/octet-stream" : "application/json");
        JsonNode outputs =
                JSON.readTree(new String(response.body(), 0, length, UTF_8)).path("outputs");
        ByteBuffer behind = ByteBuffer.wrap(response.body(), length, response.body().length - length)
                .order(ByteOrder.LITTLE_ENDIAN);
        assertThat(outputs).hasSameSizeAs(expected);
        for (int i = 0; i < expected.size(); i++) {
            JsonNode output = outputs.path(i);
            JsonNode wanted = expected.path(i);
            assertThat(output.path("name")).isEqualTo(wanted.path("name"));
            assertThat(output.path("shape")).isEqualTo(wanted.path("shape"));
            ArrayNode data = JSON.createArrayNode();
            if (inBinary.get(i)) {
                int end = behind.position()
                        + output.path("parameters").path("binary_data_size").intValue();
                while (behind.position() < end) {
                    switch (output.path("datatype").asText()) {
                        case "BYTES" -> {
                            byte[] utf8 = new byte[behind.getInt()];
                            behind.get(utf8);
                            data.add(new String(utf8, UTF_8));
                        }
                        case "INT32" -> data.add(behind.getInt());
                        case "INT64" -> data.add(behind.getLong());
                        case "FP32" -> data.add(behind.getFloat());
                        default -> throw new AssertionError(output);
                    }
                }
                assertThat(output.has("data")).isFalse();
            } else {
                data.addAll((ArrayNode) output.path("data"));
                assertThat(output.has("parameters")).isFalse();
            }
            assertThat(texts(data)).hasSameSizeAs(texts(wanted.path("data")));
            if (output.path("datatype").asText().equals("BYTES")) {
                assertThat(texts(data)).isEqualTo(texts(wanted.path("data")));
            } else {
                assertClose(numbers(data), numbers(wanted.path("data")));
            }
        }
        assertThat(behind.hasRemaining()).isFalse();
    }

    @Test
    void generateAnswersWithTextAsInferDoesAndTheSameInAStream() throws Exception {
        String expected = JSON.readTree(
                        caller.post(TINY + "/infer", infer("rain")).body())
                .path("outputs")
                .path(0)
                .path("data")
                .path(0)
                .asText();
        double before = ended();
        String asked = "{\"text_input\":\"rain\",\"parameters\":{\"max_tokens\":12,\"temperature\":1,\"seed\":5,"
                + "\"ignore_eos\":true,\"stop\":[\"qqq\",\"zzz\"],\"exclude_input_in_output\":true,\"stream\":%b}}";

        JsonNode whole = JSON.readTree(
                caller.post(TINY + "/generate", asked.formatted(false)).body());
        HttpResponse<String> stream =
                caller.post(TINY + "/versions/" + tiny.version() + "/generate_stream", asked.formatted(true));

        assertThat(whole.toString())
                .isEqualTo(JSON.createObjectNode()
                        .put("model_name", "tiny")
                        .put("model_version", Long.toString(tiny.version()))
                        .put("text_output", expected)
                        .toString());
        assertThat(stream.headers().firstValue("content-type")).hasValue("text/event-stream; charset=utf-8");
        assertThat(stream.body()).endsWith("\n\n");
        StringBuilder said = new StringBuilder();
        for (String event : stream.body().split("\n\n")) {
            assertThat(event).startsWith("data: {");
            JsonNode piece = JSON.readTree(event.substring("data: ".length()));
            assertThat(piece.path("model_name").asText()).isEqualTo("tiny");
            said.append(piece.path("text_output").asText());
        }
        assertThat(said).hasToString(expected);
        await().untilAsserted(() -> assertThat(ended() - before).isEqualTo(2));
    }

    /// Answers that were counted as full.
    private double ended() {
        return meters.find("vllm:request_success").tag("finished_reason", "length").counters().stream()
                .mapToDouble(Counter::count)
                .sum();
    }

    @Test
    void aBodyMayComeWithoutATypeWhereNoBrowserSendsIt() throws Exception {
        HttpRequest.Builder untyped = caller.request(TINY + "/generate").POST(BodyPublishers.ofString(text("rain")));
        assertThat(caller.send(untyped).statusCode()).isEqualTo(200);
        assertError(
                caller.send(untyped.header("origin", "http://elsewhere.example")),
                415,
                "content-type: expected application/json or application/octet-stream, got null");
        assertError(
                caller.send(untyped.header("content-type", "text/plain")),
                415,
                "content-type: expected application/json or application/octet-stream, got text/plain");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            [] | body: expected a JSON object, got array
            {"output":[]} | body: expected some of [id, inputs, model_name, model_version, outputs, parameters], got "output"
            {} | inputs: expected one of [text, text_input, token_ids], got none
            {"inputs":{}} | inputs: expected a list, got object
            {"inputs":[7]} | inputs[0]: expected an object, got 7
            {"id":7,"inputs":[]} | id: expected text, got 7
            {"inputs":[{"shape":[1]}]} | inputs[0].name: expected text, got null
            {"inputs":[{"name":"text","datatype":"BYTES","shape":[1.5]}]} | inputs[0].shape[0]: expected a whole number of 64 bits, got 1.5
            {"inputs":[{"name":"text","datatype":"BYTES","shape":1}]} | inputs[0].shape: expected a list, got 1
            {"inputs":[{TEXT}]} | inputs[0].data: expected a list, got null
            {"inputs":[{TEXT,"date":[]}]} | inputs[0]: expected some of [data, datatype, name, parameters, shape], got "date"
            {"inputs":[{"name":"text","datatype":"BYTES","shape":[2],"data":["x"]}]} | inputs[0].data: expected 2 as the shape says, got 1
            {"inputs":[{TEXT,"data":[7]}]} | inputs[0].data: expected elements of BYTES, got 7
            {"inputs":[{TEXT,"data":[["x"]]}]} | inputs[0].data[0]: expected no list as the shape says, got a list of 1
            {"inputs":[{TEXT,"data":["\\ud800"]}]} | inputs[0].data: expected text, got a surrogate without its other half
            {"inputs":[{"name":"text","datatype":"FP32","shape":[1],"data":[0.5]}]} | inputs[0].datatype: expected BYTES, got "FP32"
            {"inputs":[{TEXT,"data":[""]}]} | text[0]: expected at least 1 character, got 0
            {"inputs":[{IDS,"shape":[2,2],"data":[[1,2],[3]]}]} | inputs[0].data[1]: expected a list of 2 as the shape says, got a list of 1
            {"inputs":[{IDS,"shape":[1,1],"data":[3000000000]}]} | inputs[0].data: expected elements of INT32, got 3000000000
            {"inputs":[{IDS,"shape":[1],"data":[1]}]} | inputs[0].shape: expected 2 dimensions, got [1]
            {"inputs":[{TEXT,"parameters":{"shared_memory_region":"x"},"data":["x"]}]} | inputs[0].parameters: expected none, got [shared_memory_region]
            {"inputs":[{TEXT,"parameters":{"binary_data_size":5},"data":["x"]}]} | inputs[0].data: expected none beside parameters.binary_data_size, got some
            {"inputs":[{TEXT,"parameters":{"binary_data_size":5}}]} | inputs[0].parameters.binary_data_size: expected 0 to 0, got 5
            {"inputs":[{TEXT,"data":["x"]},{"name":"stream","datatype":"BOOL","shape":[1],"data":[true]}]} | stream: expected false, as only generate_stream streams, got true
            {"inputs":[{TEXT,"data":["x"]}],"outputs":[{"name":"logits"}]} | outputs[0].name: expected one of [text, tokens, text_output, token_ids, log_probs, cumulative_logprob, finish_reason, model_version], got "logits"
            {"inputs":[{TEXT,"data":["x"]}],"outputs":[{"name":"text","parameters":{"classification":1}}]} | outputs[0].parameters: expected none, got [classification]
            {"inputs":[{TEXT,"data":["x"]}],"outputs":[{"name":"text","parameters":{"binary_data":1}}]} | outputs[0].parameters.binary_data: expected true or false, got 1
            {"inputs":[{TEXT,"data":["x"]}],"parameters":{"top_p":2}} | parameters.top_p: expected above 0 and at most 1, got 2.0
            {"inputs":[{TEXT,"data":["x"]}],"parameters":{"stop":["x"]}} | parameters.stop: expected a single value, got ARRAY
            {"inputs":[{TEXT,"data":["x"]}],"parameters":{"max_tokens":"ten"}} | parameters.max_tokens: expected a whole number, got "ten"
            """)
    void mistakesInInferAreNamed(String body, String message) throws Exception {
        String json = body.replace("TEXT", "\"name\":\"text\",\"datatype\":\"BYTES\",\"shape\":[1]")
                .replace("IDS", "\"name\":\"token_ids\",\"datatype\":\"INT32\"");
        assertError(caller.post(TINY + "/infer", json), 400, message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            generate | {} | text_input: expected text, got null
            generate | {"text_input":""} | text_input: expected at least 1 character, got 0
            generate | {"text_input":"x","max_tokens":3} | body: expected some of [parameters, text_input], got "max_tokens"
            generate | {"text_input":"x","parameters":[]} | parameters: expected an object, got array
            generate | {"text_input":"x","parameters":{"top_p":2}} | parameters.top_p: expected above 0 and at most 1, got 2.0
            generate | {"text_input":"x","parameters":{"stop":[1]}} | parameters.stop: expected strings, got NUMBER
            generate | {"text_input":"x","parameters":{"stop":"\\ud800"}} | parameters: expected text, got a surrogate without its other half
            generate | {"text_input":"x","parameters":{"exclude_input_in_output":false}} | parameters.exclude_input_in_output: expected true, as no answer repeats its prompt, got false
            generate | {"text_input":"x","parameters":{"stream":true}} | parameters.stream: expected false, as generate_stream streams, got true
            generate_stream | {"text_input":"x","parameters":{"stream":false}} | parameters.stream: expected true, as generate answers whole, got false
            generate_stream | {"text_input":7} | text_input: expected text, got 7
            """)
    void mistakesInGenerateAreNamed(String route, String body, String message) throws Exception {
        assertError(caller.post(TINY + "/" + route, body), 400, message);
    }

    @Test
    void whatIsNoParameterIsNamedAsTheOneWhoAskedHasIt() throws Exception {
        String names = ": expected some of [frequency_penalty, ignore_eos, logit_bias, max_tokens, min_p, "
                + "presence_penalty, repetition_penalty, seed, stop, stop_ids, temperature, top_k, top_p], got \"best_of\"";
        assertError(
                caller.post(TINY + "/generate", "{\"text_input\":\"x\",\"parameters\":{\"best_of\":1}}"),
                400,
                "parameters" + names);
        ObjectNode tensor = request(data("text", List.of("x")), List.of());
        ((ArrayNode) tensor.path("inputs")).addAll(data("sampling_parameters", List.of("{\"best_of\":1}")));
        assertError(caller.post(TINY + "/infer", tensor.toString()), 400, "sampling_parameters" + names);
    }

    @Test
    void mistakesInBinaryDataAreNamed() throws Exception {
        String asked = "{\"inputs\":[{\"name\":\"text\",\"datatype\":\"BYTES\",\"shape\":[2],"
                + "\"parameters\":{\"binary_data_size\":%d}}]}";
        byte[] one = {1, 0, 0, 0, 'x'};
        assertRefused(
                binary(asked.formatted(5), one),
                "binary data of inputs[0]: expected 2 lengths of 4 bytes as the shape says, got 1 and 0 bytes");
        assertRefused(binary(asked.formatted(6), one), "inputs[0].parameters.binary_data_size: expected 0 to 5, got 6");
        assertRefused(
                binary(asked.formatted(3), one),
                "body: expected to end after the binary data of inputs, got 2 bytes more");
        for (String length : List.of("-1", "x", "", "99999", "99999999999")) {
            HttpResponse<String> response = caller.send(caller.request(TINY + "/infer")
                    .header("inference-header-content-length", length)
                    .POST(BodyPublishers.ofString("{}")));
            assertError(response, 400, "inference-header-content-length: expected 0 to 2, got " + length);
        }
        assertRefused(
                caller.send(
                        caller.request(TINY + "/infer").POST(BodyPublishers.ofByteArray(new byte[] {'{', (byte) 0xff})),
                        BodyHandlers.ofByteArray()),
                "body: expected UTF-8, got 2 bytes that are not");
    }

    @Test
    void whatIsTooLargeIsRefused() throws Exception {
        assertError(
                caller.post(TINY + "/infer", infer("q".repeat(1 << 20))),
                413,
                "body: expected at most 1048576 bytes, got more");
        assertError(
                caller.post(TINY + "/generate", text("q".repeat(63))),
                400,
                "text_input: expected at most 63 tokens for a context of 64, got 64");
    }

    /// Which no client of ours sends: it goes by hand.
    @Test
    void aPathThatCannotBeDecodedIsTheCallersMistake() throws Exception {
        for (String name : List.of("%zz", "%ff", "%", "a%2")) {
            try (var socket =
                    new Socket(caller.address().getHost(), caller.address().getPort())) {
                socket.setSoTimeout(30_000);
                socket.getOutputStream()
                        .write("GET /v2/models/%s HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
                                .formatted(name)
                                .getBytes(UTF_8));

                assertThat(new String(socket.getInputStream().readAllBytes(), UTF_8))
                        .as(name)
                        .matches("(?s)HTTP/1.1 40[04] .*");
            }
        }
    }

    /// Whatever comes, somebody is told what is wrong with it, and nothing breaks.
    @Test
    void noBodyBreaksTheServer() throws Exception {
        var random = new Random(23);
        byte[] binary = {1, 0, 0, 0, 'x'};
        List<byte[]> good = List.of(
                infer("rain").getBytes(UTF_8),
                text("rain").getBytes(UTF_8),
                request(data("text_input", List.of("x", "y")), OUTPUTS)
                        .toString()
                        .getBytes(UTF_8),
                ("{\"inputs\":[{\"name\":\"text\",\"datatype\":\"BYTES\",\"shape\":[1],"
                                + "\"parameters\":{\"binary_data_size\":5}}],\"parameters\":{\"max_tokens\":3}}"
                                + new String(binary, UTF_8))
                        .getBytes(UTF_8));
        List<Integer> statuses = new ArrayList<>();
        for (int round = 0; round < 600; round++) {
            byte[] body = spoilt(good.get(random.nextInt(good.size())), random);
            String route =
                    List.of("infer", "generate", "generate_stream", "index").get(random.nextInt(4));
            HttpRequest.Builder request = caller.request(
                            route.equals("index") ? "/v2/repository/index" : TINY + "/" + route)
                    .header("content-type", random.nextBoolean() ? "application/json" : "application/octet-stream")
                    .POST(BodyPublishers.ofByteArray(body));
            if (random.nextInt(3) == 0) {
                request.header("inference-header-content-length", Integer.toString(body.length - random.nextInt(8)));
            }

            HttpResponse<String> response = caller.send(request);

            statuses.add(response.statusCode());
            assertThat(response.statusCode())
                    .as("%s of %s: %s", route, new String(body, UTF_8), response.body())
                    .isIn(200, 400);
            if (response.statusCode() == 400) {
                assertThat(JSON.readTree(response.body()).path("error").asText())
                        .isNotEmpty();
            }
        }
        assertThat(statuses).contains(200, 400);
        await().untilAsserted(
                        () -> assertThat(models.waiting() + models.running()).isZero());
    }

    private static byte[] spoilt(byte[] good, Random random) {
        byte[] body = good.clone();
        for (int i = random.nextInt(4); i > 0; i--) {
            int at = random.nextInt(body.length);
            switch (random.nextInt(4)) {
                case 0 -> body[at] = (byte) random.nextInt();
                case 1 -> body[at] = (byte) MARKS.charAt(random.nextInt(MARKS.length()));
                case 2 -> body = Arrays.copyOf(body, Math.max(1, at));
                default -> {
                    byte[] twice = Arrays.copyOf(body, body.length + body.length - at);
                    System.arraycopy(body, at, twice, body.length, body.length - at);
                    body = twice;
                }
            }
        }
        return body;
    }

    @Test
    void aFullQueueSendsAway() throws Exception {
        assertThat(caller.refusedOfEight(TINY + "/infer", largest()))
                .hasSizeBetween(1, 7)
                .allSatisfy(response -> {
                    assertThat(response.statusCode()).isEqualTo(429);
                    assertThat(response.headers().firstValue("retry-after")).hasValue("1");
                    assertThat(response.body()).startsWith("{\"error\":\"queue: expected room for 64 answers");
                });
    }

    @Test
    void aCallerWhoHangsUpFreesItsRows() throws Exception {
        for (HttpClient.Version version : HttpClient.Version.values()) {
            var drawn = meters.get("generation_tokens").functionCounter();
            double before = drawn.count();
            HttpClient leaver = HttpClient.newBuilder().version(version).build();
            var reply = leaver.sendAsync(caller.json(TINY + "/infer", largest()).build(), BodyHandlers.ofString());
            await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(1)).until(() -> drawn.count() > before);
            models.enter(Mode.PAUSED); // before all is drawn
            try {
                leaver.shutdownNow();

                await().untilAsserted(() ->
                        assertThat(models.waiting() + models.running()).isZero());
                assertThat(drawn.count() - before).isLessThan(64 * 60);
                assertThat(reply).isCompletedExceptionally();
            } finally {
                models.enter(Mode.SERVING);
            }
        }
    }

    /// While nothing is drawn: whoever waits for a first token.
    @Test
    void aCallerWhoHangsUpWaitsForNothing() throws Exception {
        models.enter(Mode.PAUSED);
        try {
            for (HttpClient.Version version : HttpClient.Version.values()) {
                for (String route : List.of("/generate", "/generate_stream")) {
                    HttpClient leaver = HttpClient.newBuilder().version(version).build();
                    var reply = leaver.sendAsync(
                            caller.json(TINY + route, text("rain")).build(), BodyHandlers.ofString());
                    await().until(() -> models.waiting() == 1);

                    leaver.shutdownNow();

                    await().until(() -> models.waiting() == 0);
                    assertThat(reply).isCompletedExceptionally();
                }
            }
        } finally {
            models.enter(Mode.SERVING);
        }
    }

    /// With Triton's client for Java; see `src/test/triton-java/run`, which starts this test.
    @Test
    @EnabledIfSystemProperty(named = "millrace.triton.java", matches = "true")
    void clientsOfOthersAreAnswered() throws Exception {
        caller.assertAnswers("triton-java");
    }

    private static String largest() {
        ObjectNode request = request(data("text", Collections.nCopies(64, "the")), List.of());
        request.withObject("/parameters").put("max_tokens", 60);
        return request.toString();
    }

    private static String infer(String prompt) {
        return request(data("text", List.of(prompt)), List.of()).toString();
    }

    private static String text(String prompt) {
        return "{\"text_input\":\"%s\",\"parameters\":{\"max_tokens\":3}}".formatted(prompt);
    }

    private static ObjectNode request(ArrayNode inputs, List<String> outputs) {
        try {
            ObjectNode request = JSON.createObjectNode();
            request.set("parameters", JSON.readTree(DRAWN));
            request.set("inputs", inputs);
            if (!outputs.isEmpty()) {
                ArrayNode wanted = request.putArray("outputs");
                outputs.forEach(name -> wanted.addObject().put("name", name));
            }
            return request;
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    private static ArrayNode data(String name, List<String> texts) {
        ArrayNode inputs = JSON.createArrayNode();
        ObjectNode tensor = inputs.addObject().put("name", name).put("datatype", "BYTES");
        tensor.putArray("shape").add(texts.size());
        texts.forEach(tensor.putArray("data")::add);
        return inputs;
    }

    private static List<String> texts(JsonNode list) {
        return list.valueStream().map(JsonNode::asText).collect(Collectors.toList());
    }

    private static List<Double> numbers(JsonNode list) {
        return list.valueStream().map(JsonNode::doubleValue).collect(Collectors.toList());
    }

    /// What is read anew and what is copied differ by the order of fp32 sums.
    private static void assertClose(List<Double> numbers, List<Double> expected) {
        assertThat(numbers).hasSameSizeAs(expected);
        for (int i = 0; i < numbers.size(); i++) {
            assertThat(numbers.get(i)).isCloseTo(expected.get(i), within(1e-3));
        }
    }

    private static void assertError(HttpResponse<String> response, int status, String message) throws Exception {
        assertThat(JSON.readTree(response.body()).path("error").asText()).isEqualTo(message);
        assertThat(response.statusCode()).isEqualTo(status);
    }

    private static void assertRefused(HttpResponse<byte[]> response, String message) throws Exception {
        assertThat(JSON.readTree(response.body()).path("error").asText()).isEqualTo(message);
        assertThat(response.statusCode()).isEqualTo(400);
    }

    private JsonNode get(String path) throws Exception {
        HttpResponse<String> response = caller.get(path);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return JSON.readTree(response.body());
    }

    /// With binary data behind the JSON.
    private HttpResponse<byte[]> binary(String json, byte[] behind) throws Exception {
        byte[] head = json.getBytes(UTF_8);
        byte[] body = Arrays.copyOf(head, head.length + behind.length);
        System.arraycopy(behind, 0, body, head.length, behind.length);
        return caller.send(
                caller.request(TINY + "/infer")
                        .header("content-type", "application/octet-stream")
                        .header("Inference-Header-Content-Length", Integer.toString(head.length))
                        .POST(BodyPublishers.ofByteArray(body)),
                BodyHandlers.ofByteArray());
    }
}
