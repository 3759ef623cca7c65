package org.millrace.inference.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.millrace.inference.Models;
import org.millrace.inference.Served;
import org.millrace.inference.TinyModel;
import org.millrace.inference.grpc.Caller;
import org.millrace.inference.grpc.TwoSlots;

/// The whole service as a client of OpenAI's sees it.
@QuarkusTest
@TestProfile(TwoSlots.class)
class OpenAiEndpointTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CHAT = "/v1/chat/completions";
    private static final String TEXT = "/v1/completions";

    @Inject
    Caller caller;

    @Inject
    Served tiny;

    @Inject
    Models models;

    @Inject
    MeterRegistry meters;

    /// HTTP/2 as the JDK's client asks for it: by an upgrade of its first request.
    @ParameterizedTest
    @EnumSource
    void answersInEachVersionOfHttp(HttpClient.Version version) throws Exception {
        try (HttpClient client = HttpClient.newBuilder().version(version).build()) {
            HttpResponse<String> answer = client.send(
                    HttpRequest.newBuilder(caller.address().resolve("/v1/models"))
                            .timeout(Duration.ofSeconds(30))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());

            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.version()).isEqualTo(version);
            assertThat(JSON.readTree(answer.body()).at("/data/0/id").asText()).isEqualTo("tiny");
        }
    }

    @Test
    void listsModels() throws Exception {
        JsonNode list = JSON.readTree(caller.get("/v1/models").body());

        assertThat(list.path("object").asText()).isEqualTo("list");
        JsonNode model = list.path("data").path(0);
        assertThat(model.path("id").asText()).isEqualTo("tiny");
        assertThat(model.path("object").asText()).isEqualTo("model");
        assertThat(model.path("version").asLong()).isEqualTo(1);
        assertThat(model.path("max_model_len").asInt()).isEqualTo(TinyModel.CONTEXT);
        assertThat(model.path("precision").asText()).isEqualTo("fp32");
        assertThat(model.path("created").asLong()).isEqualTo(tiny.since().getEpochSecond());
        assertThat(JSON.readTree(caller.get("/v1/models/tiny").body())).isEqualTo(model);
        assertError(caller.get("/v1/models/other"), 404, "model", "model: expected one of [tiny], got \"other\"");
        assertError(caller.get("/v1/engines"), 404, null, "there is no GET /v1/engines");
    }

    @Test
    void aChatIsAnsweredAndTheSameInAStream() throws Exception {
        String ask = """
                {"model":"tiny","seed":5,"n":2,"max_tokens":12,"logprobs":true,"ignore_eos":true,"messages":[
                  {"role":"developer","content":"sing"},
                  {"role":"user","content":[{"type":"text","text":"mi"},{"type":"text","text":"ll?"}]},
                  {"role":"assistant","content":"the mill"},
                  {"role":"user","content":"rain"}]%s}""";

        JsonNode whole = JSON.readTree(caller.post(CHAT, ask.formatted("")).body());
        List<JsonNode> stream = events(
                caller.post(CHAT, ask.formatted(",\"stream\":true,\"stream_options\":{\"include_usage\":true}")));

        assertThat(whole.path("object").asText()).isEqualTo("chat.completion");
        assertThat(whole.path("model").asText()).isEqualTo("tiny");
        assertThat(whole.path("system_fingerprint").asText()).isEqualTo("tiny-1");
        assertThat(whole.path("usage").path("completion_tokens").asInt()).isEqualTo(24);
        assertThat(whole.path("choices")).hasSize(2);
        for (JsonNode choice : whole.path("choices")) {
            int index = choice.path("index").asInt();
            assertThat(choice.path("finish_reason").asText()).isEqualTo("length");
            JsonNode message = choice.path("message");
            assertThat(message.path("role").asText()).isEqualTo("assistant");
            List<JsonNode> chunks = choices(stream, index);
            assertThat(chunks.getFirst().path("delta").path("role").asText()).isEqualTo("assistant");
            assertThat(chunks.stream()
                            .map(c -> c.path("delta").path("content").asText(""))
                            .reduce("", String::concat))
                    .isEqualTo(message.path("content").asText());
            assertThat(chunks.getLast().path("finish_reason").asText()).isEqualTo("length");
            assertThat(chunks.stream().flatMap(c -> elements(c.path("logprobs").path("content"))))
                    .usingElementComparator(OpenAiEndpointTest::byTokenAndRoughly)
                    .containsExactlyElementsOf(
                            elements(choice.path("logprobs").path("content")).toList());
        }
        assertThat(stream.getLast().path("choices")).isEmpty();
        assertThat(stream.getLast().path("usage").path("total_tokens"))
                .isEqualTo(whole.path("usage").path("total_tokens"));
        assertThat(stream.getLast()
                        .path("usage")
                        .path("prompt_tokens_details")
                        .path("cached_tokens")
                        .asInt())
                .isEqualTo(whole.path("usage").path("prompt_tokens").asInt() - 1);
        assertThat(stream.getFirst().path("usage").isNull()).isTrue();
        assertThat(stream)
                .extracting(e -> e.path("id").asText())
                .containsOnly(stream.getFirst().path("id").asText());
    }

    /// What is read anew and what is copied differ by the order of fp32 sums.
    private static int byTokenAndRoughly(JsonNode a, JsonNode b) {
        double difference = a.path("logprob").asDouble() - b.path("logprob").asDouble();
        return a.path("token").equals(b.path("token")) && Math.abs(difference) < 1e-5 ? 0 : 1;
    }

    @Test
    void promptsOfEveryFormAreContinued() throws Exception {
        int[] ids = TinyModel.tokenizer().encode("rain");
        String rest = ",\"temperature\":0,\"max_tokens\":9,\"logprobs\":0,\"ignore_eos\":true}";
        JsonNode texts = JSON.readTree(
                caller.post(TEXT, "{\"prompt\":[\"rain\",\"the mill\"]" + rest).body());
        String withBegin = TinyModel.config().bosId() + ","
                + String.join(
                        ",", Arrays.stream(ids).mapToObj(Integer::toString).toList());
        JsonNode one = JSON.readTree(
                caller.post(TEXT, "{\"prompt\":[" + withBegin + "]" + rest).body());
        JsonNode list = JSON.readTree(
                caller.post(TEXT, "{\"prompt\":[[" + withBegin + "]]" + rest).body());

        assertThat(texts.path("object").asText()).isEqualTo("text_completion");
        assertThat(texts.path("choices")).hasSize(2);
        assertThat(one.path("choices").path(0).path("text"))
                .isEqualTo(texts.path("choices").path(0).path("text"));
        assertThat(list.path("choices").path(0).path("logprobs").path("tokens"))
                .isEqualTo(texts.path("choices").path(0).path("logprobs").path("tokens"));
        assertThat(one.path("usage").path("prompt_tokens").asInt()).isEqualTo(1 + ids.length);
        assertThat(one.path("choices").path(0).path("logprobs").path("token_logprobs"))
                .isNotEmpty();
    }

    @Test
    void anAnswerEndsBeforeItsStopText() throws Exception {
        String ask = "{\"prompt\":\"the\",\"temperature\":0,\"max_tokens\":30,\"ignore_eos\":true%s}";
        String whole = JSON.readTree(caller.post(TEXT, ask.formatted("")).body())
                .path("choices")
                .path(0)
                .path("text")
                .asText();
        String stop = whole.substring(3, 5);

        JsonNode stopped = JSON.readTree(caller.post(TEXT, ask.formatted(",\"stop\":" + JSON.writeValueAsString(stop)))
                        .body())
                .path("choices")
                .path(0);

        assertThat(stopped.path("finish_reason").asText()).isEqualTo("stop");
        assertThat(stopped.path("text").asText()).isEqualTo(whole.substring(0, whole.indexOf(stop)));
    }

    @Test
    void callersMistakesAreNamed() throws Exception {
        String user = "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]";
        assertMistake(CHAT, "{}", "messages", "messages: expected a list, got null");
        assertMistake(CHAT, "{\"messages\":[]}", "messages", "messages: expected at least 1, got 0");
        assertMistake(
                CHAT,
                "{\"messages\":[{\"role\":\"clown\",\"content\":\"x\"}]}",
                "messages[0].role",
                "messages[0].role: expected system, developer, user, assistant or tool, got \"clown\"");
        assertMistake(
                CHAT,
                "{\"messages\":[{\"role\":\"user\",\"content\":\"\"}]}",
                "messages[0].content",
                "messages[0].content: expected at least 1 character, got 0");
        assertMistake(
                CHAT,
                "{\"messages\":[{\"role\":\"system\",\"content\":\"a\"},{\"role\":\"developer\",\"content\":\"b\"},"
                        + "{\"role\":\"assistant\",\"content\":\"c\"}]}",
                "messages[2].role",
                "messages[2].role: expected USER, got ASSISTANT");
        assertMistake(
                CHAT,
                "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}]}",
                "messages[0].content[0].type",
                "messages[0].content[0].type: expected text, got \"image_url\"");
        assertMistake(
                CHAT,
                "{\"temperature\":-1," + user + "}",
                "temperature",
                "temperature: expected 0, or 0.01 to 100, got -1.0");
        assertMistake(
                CHAT,
                "{\"temperature\":\"hot\"," + user + "}",
                "temperature",
                "temperature: expected a number, got \"hot\"");
        assertMistake(
                CHAT, "{\"tools\":[{}]," + user + "}", "tools[0].type", "tools[0].type: expected function, got \"\"");
        String tool = "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"%s}}]," + user + "}";
        assertMistake(
                CHAT,
                "{\"parallel_tool_calls\":1," + tool.formatted(""),
                "parallel_tool_calls",
                "parallel_tool_calls: expected true or false, got 1");
        assertMistake(
                CHAT,
                "{" + tool.formatted(",\"strict\":true"),
                "tools[0].function.strict",
                "tools[0].function.strict: expected false or absent unless tool_choice requires a call, got true");
        assertMistake(
                CHAT,
                "{" + tool.formatted(",\"params\":{}"),
                "tools[0].function.params",
                "tools[0].function.params: expected one of [description, name, parameters, strict], got this one");
        for (String name : List.of("", "none", "required")) {
            assertMistake(
                    CHAT,
                    "{\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"%s\"}},".formatted(name)
                            + tool.formatted(""),
                    "tool_choice.function.name",
                    "tool_choice.function.name: expected the name of one of the tools, got \"%s\"".formatted(name));
        }
        assertMistake(
                CHAT,
                "{\"calculator\":true,\"tool_choice\":\"required\"," + tool.formatted(""),
                "calculator",
                "calculator: expected false or absent where a call is required, got true");
        assertMistake(
                CHAT,
                "{\"top_logprobs\":3," + user + "}",
                "top_logprobs",
                "top_logprobs: expected only where logprobs is true, got 3 without");
        assertMistake(CHAT, "{\"min_p\":1.5," + user + "}", "min_p", "min_p: expected 0 to 1, got 1.5");
        assertMistake(
                CHAT,
                "{\"frequency_penalty\":3," + user + "}",
                "frequency_penalty",
                "frequency_penalty: expected -2 to 2, got 3.0");
        assertMistake(
                CHAT, "{\"logit_bias\":{\"x\":3}," + user + "}", "logit_bias", "logit_bias: expected ids, got \"x\"");
        assertMistake(
                CHAT,
                "{\"logit_bias\":{\"7\":300}," + user + "}",
                "logit_bias[7]",
                "logit_bias[7]: expected -100 to 100, got 300.0");
        assertMistake(
                CHAT,
                "{\"stop_token_ids\":[-1]," + user + "}",
                "stop_token_ids[0]",
                "stop_token_ids[0]: expected 0 to %d, got -1"
                        .formatted(TinyModel.config().vocabulary() - 1));
        assertMistake(TEXT, "{\"logprobs\":21,\"prompt\":\"x\"}", "logprobs", "logprobs: expected 0 to 20, got 21");
        assertMistake(
                TEXT,
                "{\"prompt_logprobs\":1,\"stream\":true,\"prompt\":\"x\"}",
                "prompt_logprobs",
                "prompt_logprobs: expected only where stream is not true, got 1 with it");
        assertMistake(
                CHAT,
                "{\"temprature\":1," + user + "}",
                "temprature",
                "temprature: expected a known option, got this one");
        assertMistake(CHAT, "{\"n\":65," + user + "}", "n", "n: expected 1 to 64, got 65");
        assertMistake(
                CHAT,
                "{\"stream_options\":{}," + user + "}",
                "stream_options",
                "stream_options: expected only where stream is true, got it without");
        assertMistake(TEXT, "{\"prompt\":[]}", "prompt", "prompt: expected at least 1, got 0");
        assertMistake(
                TEXT,
                "{\"prompt\":[[70000]]}",
                "prompt[0][0]",
                "prompt[0][0]: expected 0 to %d, got 70000"
                        .formatted(TinyModel.config().vocabulary() - 1));
        assertMistake(TEXT, "[]", "body", "body: expected a JSON object, got array");
        assertThat(caller.post(TEXT, "{\"prompt\":").body())
                .contains("body: expected a JSON object, got Unexpected end");
        HttpResponse<String> tooLong = caller.post(TEXT, "{\"prompt\":\"" + "q".repeat(63) + "\"}");
        assertError(tooLong, 400, "prompt", "prompt: expected at most 63 tokens for a context of 64, got 64");
        assertThat(tooLong.body()).contains("\"context_length_exceeded\"");
        assertError(
                caller.post(TEXT, "{\"model\":\"other\",\"prompt\":\"x\"}"),
                404,
                "model",
                "model: expected one of [tiny], got \"other\"");
        assertError(
                caller.post(TEXT, "{\"prompt\":\"" + "q".repeat(1 << 20) + "\"}"),
                413,
                "body",
                "body: expected at most 1048576 bytes, got more");
        assertError(
                caller.send(caller.request(TEXT)
                        .header("content-type", "text/plain")
                        .POST(HttpRequest.BodyPublishers.ofString("{}"))),
                415,
                null,
                "content-type: expected application/json, got text/plain");
    }

    /// What asks for nothing is no mistake.
    @Test
    void optionsThatChangeNothingAreTaken() throws Exception {
        HttpResponse<String> response = caller.post(CHAT, """
                {"messages":[{"role":"user","content":"x"}],"max_completion_tokens":1,"frequency_penalty":0,
                 "logit_bias":{},"tools":[],"response_format":{"type":"text"},"user":"me","top_k":-1,"stop":null,
                 "min_p":0.0,"repetition_penalty":1.0,"logprobs":false,"best_of":null}""");
        assertThat(response.statusCode()).isEqualTo(200);
    }

    @Test
    void optionsChangeWhatIsDrawn() throws Exception {
        String ask = "{\"prompt\":\"rain\",\"seed\":3,\"max_tokens\":6,\"ignore_eos\":true,\"logprobs\":2%s}";
        JsonNode greedy = first(ask.formatted(",\"temperature\":0"));
        assertThat(greedy.path("logprobs").path("tokens").path(1).asText()).isEqualTo("H");

        String e = TinyModel.tokenizer().decode(101);

        assertThat(first(ask.formatted(",\"min_p\":1")).path("logprobs").path("tokens"))
                .isEqualTo(greedy.path("logprobs").path("tokens"));
        assertThat(elements(first(ask.formatted(",\"logit_bias\":{\"101\":100}"))
                                .path("logprobs")
                                .path("tokens"))
                        .map(JsonNode::asText))
                .containsOnly(e);
        assertThat(elements(first(ask.formatted(
                                        ",\"temperature\":0,\"logit_bias\":{\"101\":20},\"frequency_penalty\":2,"
                                                + "\"repetition_penalty\":10,\"presence_penalty\":2"))
                                .path("logprobs")
                                .path("tokens"))
                        .map(JsonNode::asText)
                        .skip(1))
                .isNotEmpty()
                .doesNotContain(e);
        int likeliest = TinyModel.tokenizer().encode("H")[0];
        JsonNode stopped = first(ask.formatted(",\"temperature\":0,\"stop_token_ids\":[" + likeliest + "]"));
        assertThat(stopped.path("finish_reason").asText()).isEqualTo("stop");
        assertThat(stopped.path("logprobs").path("tokens")).hasSize(2);
    }

    @Test
    void likeliestTokensComeBesideThoseThatAreDrawn() throws Exception {
        String chat = "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"temperature\":0,\"max_tokens\":4,"
                + "\"ignore_eos\":true,\"logprobs\":true,\"top_logprobs\":3}";
        JsonNode content = JSON.readTree(caller.post(CHAT, chat).body())
                .path("choices")
                .path(0)
                .path("logprobs")
                .path("content");

        assertThat(content).isNotEmpty().allSatisfy(token -> {
            assertThat(token.path("top_logprobs")).hasSize(3);
            JsonNode likeliest = token.path("top_logprobs").path(0);
            assertThat(likeliest.path("token")).isEqualTo(token.path("token"));
            assertThat(likeliest.path("logprob")).isEqualTo(token.path("logprob"));
            assertThat(likeliest.path("bytes")).isEqualTo(token.path("bytes"));
        });
    }

    @Test
    void aPromptIsEchoedAndScored() throws Exception {
        String ask = "{\"prompt\":\"the mill turns\",\"temperature\":0,\"max_tokens\":3,\"ignore_eos\":true%s}";
        int[] ids = TinyModel.tokenizer().encode("the mill turns");
        String plain = first(ask.formatted("")).path("text").asText();

        JsonNode echoed = first(ask.formatted(",\"echo\":true,\"logprobs\":1"));
        JsonNode scored = first(ask.formatted(",\"prompt_logprobs\":1")).path("prompt_logprobs");
        List<JsonNode> streamed =
                choices(events(caller.post(TEXT, ask.formatted(",\"echo\":true,\"stream\":true"))), 0);

        assertThat(echoed.path("text").asText()).isEqualTo("the mill turns" + plain);
        assertThat(streamed.stream().map(c -> c.path("text").asText()).reduce("", String::concat))
                .isEqualTo("the mill turns" + plain);
        JsonNode logProbs = echoed.path("logprobs");
        assertThat(logProbs.path("tokens").path(0).asText()).isEqualTo("<|bos|>");
        assertThat(logProbs.path("token_logprobs").path(0).isNull()).isTrue();
        assertThat(logProbs.path("top_logprobs").path(0).isNull()).isTrue();
        assertThat(scored).hasSize(1 + ids.length);
        assertThat(scored.path(0).isNull()).isTrue();
        for (int i = 0; i < ids.length; i++) {
            JsonNode own = scored.path(i + 1).path(Integer.toString(ids[i]));
            assertThat(own.path("logprob").asDouble())
                    .isCloseTo(logProbs.path("token_logprobs").path(i + 1).asDouble(), within(1e-6));
            assertThat(own.path("rank").asInt()).isPositive();
            assertThat(elements(scored.path(i + 1))
                            .mapToInt(token -> token.path("rank").asInt()))
                    .contains(1);
        }
    }

    /// Harnesses cut the prompt's off by its length.
    @Test
    void everyTokenOfACompletionHasItsLogProbability() throws Exception {
        String ask =
                "{\"prompt\":\"the mill\",\"echo\":true,\"max_tokens\":1,\"logprobs\":20,\"logit_bias\":{\"%d\":100}}";
        int end = TinyModel.config().eosId();

        JsonNode special = JSON.readTree(caller.post(TEXT, ask.formatted(end)).body());
        JsonNode part = first(ask.formatted(0xe2)).path("logprobs");

        JsonNode usage = special.path("usage");
        JsonNode logProbs = special.path("choices").path(0).path("logprobs");
        assertThat(special.path("choices").path(0).path("text").asText()).isEqualTo("the mill");
        assertThat(logProbs.path("tokens"))
                .hasSize(usage.path("prompt_tokens").asInt()
                        + usage.path("completion_tokens").asInt());
        assertThat(logProbs.path("token_logprobs")).hasSameSizeAs(logProbs.path("tokens"));
        assertThat(elements(logProbs.path("tokens")).toList().getLast().asText())
                .isEqualTo("<|assistant_end|>");
        assertThat(elements(part.path("tokens")).toList().getLast().asText()).isEqualTo("bytes:\\xe2");
        assertThat(elements(part.path("top_logprobs")).skip(1))
                .as("among these are parts of characters, which all look alike as text")
                .allSatisfy(likeliest -> assertThat(likeliest.size()).isBetween(20, 21));
    }

    @Test
    void aPromptIsScoredAlone() throws Exception {
        String ask = "{\"prompt\":\"the mill turns\",\"echo\":true,\"logprobs\":1,\"max_tokens\":%d%s}";

        JsonNode alone = JSON.readTree(caller.post(TEXT, ask.formatted(0, "")).body());
        List<JsonNode> stream = events(caller.post(TEXT, ask.formatted(0, ",\"stream\":true")));

        JsonNode choice = alone.path("choices").path(0);
        int prompt = alone.path("usage").path("prompt_tokens").asInt();
        assertThat(choice.path("text").asText()).isEqualTo("the mill turns");
        assertThat(choice.path("finish_reason").asText()).isEqualTo("length");
        assertThat(alone.path("usage").path("completion_tokens").asInt()).isZero();
        assertThat(choice.path("logprobs").path("tokens")).hasSize(prompt);
        assertThat(elements(choice.path("logprobs").path("token_logprobs")).skip(1))
                .containsExactlyElementsOf(
                        elements(first(ask.formatted(1, "")).path("logprobs").path("token_logprobs"))
                                .skip(1)
                                .limit(prompt - 1)
                                .toList());
        assertThat(choices(stream, 0)).singleElement().satisfies(streamed -> {
            assertThat(streamed.path("text")).isEqualTo(choice.path("text"));
            assertThat(streamed.path("finish_reason").asText()).isEqualTo("length");
        });
        assertMistake(
                TEXT,
                "{\"prompt\":\"x\",\"max_tokens\":0}",
                "max_tokens",
                "max_tokens: expected 1 to 2147483647, got 0");
    }

    /// Clients send back what they were sent.
    @Test
    void whoSaysNothingHasNoTurn() throws Exception {
        String ask = "{\"max_tokens\":1,\"messages\":[%s{\"role\":\"user\",\"content\":\"a\"}%s]}";
        String silent = "{\"role\":\"assistant\",\"content\":%s%s}";
        String call =
                ",\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]";
        String output = ",{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":\"x\"}";

        assertThat(promptTokens(
                        ask.formatted("{\"role\":\"system\",\"content\":\"\"},", "," + silent.formatted("\"\"", ""))))
                .isEqualTo(promptTokens(ask.formatted("", "")));
        assertThat(promptTokens(ask.formatted("", "," + silent.formatted("[]", call) + output)))
                .isEqualTo(promptTokens(ask.formatted("", "," + silent.formatted("null", call) + output)));
    }

    @Test
    void aToolMaySayNothing() throws Exception {
        String ask = """
                {"max_tokens":1,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":null,"tool_calls":
                 [{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},
                 {"role":"tool","tool_call_id":"c","content":"%s"}]}""";

        assertThat(promptTokens(ask.formatted(""))).isEqualTo(promptTokens(ask.formatted("x")) - 1);
    }

    private int promptTokens(String ask) throws Exception {
        HttpResponse<String> response = caller.post(CHAT, ask);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return JSON.readTree(response.body())
                .path("usage")
                .path("prompt_tokens")
                .asInt();
    }

    @Test
    void anAnswerFitsTheSchemaThatItIsGiven() throws Exception {
        String ask = "{\"prompt\":\"the\",\"n\":9,\"max_tokens\":60,\"response_format\":%s}";
        String schema =
                "{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"weather\",\"strict\":true,\"schema\":%s}}";

        JsonNode reply =
                JSON.readTree(caller.post(TEXT, ask.formatted(schema.formatted("{\"enum\":[\"rain\",[1,true]]}")))
                        .body());

        assertThat(reply.path("choices")).hasSize(9).allSatisfy(choice -> {
            assertThat(choice.path("finish_reason").asText()).isEqualTo("stop");
            assertThat(choice.path("text").asText()).isIn("\"rain\"", "[1,true]");
        });
        assertMistake(
                TEXT,
                ask.formatted(schema.formatted("{\"items\":{\"minimum\":1}}")),
                "response_format.json_schema.schema.items.minimum",
                "response_format.json_schema.schema.items.minimum: is not supported");
        assertMistake(
                TEXT,
                ask.formatted("{\"type\":\"json\"}"),
                "response_format.type",
                "response_format.type: expected text, json_object or json_schema, got \"json\"");
        assertMistake(
                TEXT,
                ask.formatted("{\"type\":\"json_object\"},\"ignore_eos\":true"),
                "ignore_eos",
                "ignore_eos: expected false with response_format, got true");
    }

    private JsonNode first(String ask) throws Exception {
        return JSON.readTree(caller.post(TEXT, ask).body()).path("choices").path(0);
    }

    /// Of vLLM's meters: what operators' dashboards ask for.
    @Test
    void metricsHaveTheNamesOfVllm() throws Exception {
        String ask = "{\"prompt\":\"rain\",\"n\":2,\"max_tokens\":5,\"ignore_eos\":true}";
        int prompt = 1 + TinyModel.tokenizer().encode("rain").length;
        caller.post(TEXT, ask);
        await().untilAsserted(() ->
                assertThat(metric("vllm:num_requests_running", "")).isZero());
        double[] before = counts();

        assertThat(caller.post(TEXT, ask).statusCode()).isEqualTo(200);

        double[] after = counts();
        double[] added = IntStream.range(0, after.length)
                .mapToDouble(i -> after[i] - before[i])
                .toArray();
        assertThat(added).containsExactly(prompt, 10, 2, 1, 8, 2, 2 * prompt, 2 * (prompt - 1));
        assertThat(metric("vllm:num_requests_waiting", "")).isZero();
        assertThat(metric("vllm:kv_cache_usage_perc", "")).isBetween(0.0, 1.0);
    }

    private double[] counts() throws Exception {
        return new double[] {
            metric("vllm:prompt_tokens_total", ""),
            metric("vllm:generation_tokens_total", ""),
            metric("vllm:request_success_total", "finished_reason=\"length\","),
            metric("vllm:time_to_first_token_seconds_count", ""),
            metric("vllm:inter_token_latency_seconds_count", ""),
            metric("vllm:e2e_request_latency_seconds_count", ""),
            metric("vllm:prefix_cache_queries_total", ""),
            metric("vllm:prefix_cache_hits_total", "")
        };
    }

    private double metric(String name, String label) throws Exception {
        String line = name + "{" + label + "model_name=\"tiny\"";
        String body = caller.get("/q/metrics").body();
        return body.lines()
                .filter(candidate -> candidate.startsWith(line))
                .mapToDouble(found -> Double.parseDouble(found.substring(found.lastIndexOf(' '))))
                .findFirst()
                .orElseThrow(() -> new AssertionError(line + " is not in\n" + body));
    }

    @Test
    void aFullQueueSendsAway() throws Exception {
        String largest = "{\"prompt\":\"the\",\"n\":64,\"max_tokens\":60,\"ignore_eos\":true}";
        assertThat(caller.refusedOfEight(TEXT, largest)).hasSizeBetween(1, 7).allSatisfy(response -> {
            assertThat(response.statusCode()).isEqualTo(429);
            assertThat(response.headers().firstValue("retry-after")).hasValue("1");
            assertThat(response.body()).contains("queue: expected room for 64 answers", "\"queue_full\"");
        });
    }

    @Test
    void aCallerWhoHangsUpFreesItsRows() throws Exception {
        for (HttpClient.Version version : HttpClient.Version.values()) {
            assertFreedByHangingUp(version, true);
            assertFreedByHangingUp(version, false);
        }
    }

    private void assertFreedByHangingUp(HttpClient.Version version, boolean stream) throws Exception {
        String largest =
                "{\"prompt\":\"the\",\"n\":64,\"max_tokens\":60,\"ignore_eos\":true,\"stream\":" + stream + "}";
        var drawn = meters.get("generation_tokens").functionCounter();
        double before = drawn.count();
        double aborted = meters.find("vllm:request_success").tag("finished_reason", "abort").counters().stream()
                .mapToDouble(Counter::count)
                .sum();
        HttpClient leaver = HttpClient.newBuilder().version(version).build();
        CompletableFuture<HttpResponse<InputStream>> reply =
                leaver.sendAsync(caller.json(TEXT, largest).build(), HttpResponse.BodyHandlers.ofInputStream());
        await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(1)).until(() -> drawn.count() > before);

        leaver.shutdownNow();

        await().untilAsserted(
                        () -> assertThat(models.running() + models.waiting()).isZero());
        assertThat(drawn.count() - before).isLessThan(64 * 60);
        await().untilAsserted(() -> assertThat(metric("vllm:request_success_total", "finished_reason=\"abort\","))
                .isGreaterThan(aborted));
        assertThat(reply).isNotNull();
    }

    private static List<JsonNode> events(HttpResponse<String> response) throws Exception {
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).hasValue("text/event-stream; charset=utf-8");
        List<String> lines = new ArrayList<>(
                response.body().lines().filter(line -> !line.isEmpty()).toList());
        assertThat(lines).allSatisfy(line -> assertThat(line).startsWith("data: "));
        assertThat(lines.removeLast()).isEqualTo("data: [DONE]");
        List<JsonNode> events = new ArrayList<>();
        for (String line : lines) {
            events.add(JSON.readTree(line.substring("data: ".length())));
        }
        return events;
    }

    private static List<JsonNode> choices(List<JsonNode> events, int index) {
        return events.stream()
                .flatMap(event -> elements(event.path("choices")))
                .filter(choice -> choice.path("index").asInt() == index)
                .toList();
    }

    private static Stream<JsonNode> elements(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false);
    }

    private void assertMistake(String path, String body, String param, String message) throws Exception {
        assertError(caller.post(path, body), 400, param, message);
    }

    private static void assertError(HttpResponse<String> response, int status, @Nullable String param, String message)
            throws Exception {
        JsonNode error = JSON.readTree(response.body()).path("error");
        assertThat(error.path("message").asText()).isEqualTo(message);
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(error.path("type").asText()).isEqualTo("invalid_request_error");
        assertThat(error.path("param").asText(null)).isEqualTo(param);
    }
}
