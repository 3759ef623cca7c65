package org.millrace.inference.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.millrace.inference.Served;
import org.millrace.inference.grpc.Caller;
import org.millrace.inference.grpc.TwoSlots;
import org.millrace.proto.events.v1.Sampling;
import org.millrace.proto.policy.v1.GenerateRequest;

/// What an operator sees of requests whose callers have a trace.
@QuarkusTest
@TestProfile(TwoSlots.class)
class TracesTest {

    /// In place of the one that sends spans to a collector.
    @ApplicationScoped
    static class Exporter {

        @Produces
        @Singleton
        InMemorySpanExporter spans() {
            return InMemorySpanExporter.create();
        }
    }

    private static final String CALLER = "00f067aa0ba902b7";
    private static final String SECRET = "where does the golden mill stand";

    @Inject
    InMemorySpanExporter exported;

    @Inject
    Caller caller;

    @Inject
    Served tiny;

    @Test
    void aTraceGoesOnOverGrpc() throws Exception {
        String trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        var headers = new Metadata();
        headers.put(Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER), traceParent(trace));
        List<StringBuilder> said = List.of(new StringBuilder(), new StringBuilder());
        caller.policy()
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                .generate(GenerateRequest.newBuilder()
                        .setText(SECRET)
                        .setSamples(2)
                        .setIgnoreEnd(true)
                        .setSampling(Sampling.newBuilder()
                                .setTemperature(1)
                                .setMaxTokens(12)
                                .setSeed(5))
                        .build())
                .forEachRemaining(chunk -> said.get(chunk.getSample()).append(chunk.getText()));

        assertThat(said).allSatisfy(answer -> assertThat(answer).hasSizeGreaterThan(4));
        check(trace, "/millrace.policy.v1.PolicyService/Generate", 24, said);
    }

    @Test
    void aTraceGoesOnOverTheApiOfOpenAi() throws Exception {
        String trace = "80e1afed08e019fc1110464cfa66635c";
        String said = post(trace, "/v1/completions", """
                        {"model":"tiny","prompt":"%s","max_tokens":12,"ignore_eos":true}""")
                .path("choices")
                .path(0)
                .path("text")
                .asText();

        assertThat(said).hasSizeGreaterThan(4);
        check(trace, "/v1/completions", 12, List.of(said));
    }

    @Test
    void aTraceGoesOnOverTheInferenceProtocolInJson() throws Exception {
        String trace = "0af7651916cd43dd8448eb211c80319c";
        String said =
                post(trace, "/v2/models/tiny/generate", """
                        {"text_input":"%s","parameters":{"max_tokens":12,"ignore_eos":true}}""").path("text_output").asText();

        assertThat(said).hasSizeGreaterThan(4);
        check(trace, "/v2/models/tiny/generate", 12, List.of(said));
    }

    private JsonNode post(String trace, String path, String body) throws Exception {
        var request = caller.json(path, body.formatted(SECRET)).header("traceparent", traceParent(trace));
        return new ObjectMapper().readTree(caller.send(request).body());
    }

    private void check(String trace, String path, long tokens, List<? extends CharSequence> said) throws Exception {
        await().atMost(Duration.ofSeconds(10)).until(() -> spans(trace).size() == 2);
        SpanData request = spans(trace).getFirst();
        SpanData call = spans(trace).getLast();
        assertThat(call.getKind()).isEqualTo(SpanKind.SERVER);
        assertThat(call.getParentSpanId()).isEqualTo(CALLER);
        assertThat(call.getAttributes().get(AttributeKey.stringKey("url.path"))).isEqualTo(path);
        assertThat(request.getName()).isEqualTo("llm_request");
        assertThat(request.getParentSpanId()).isEqualTo(call.getSpanId());
        Attributes attributes = request.getAttributes();
        assertThat(attributes.get(AttributeKey.stringKey("gen_ai.response.model")))
                .isEqualTo("tiny");
        assertThat(attributes.get(AttributeKey.longKey("millrace.model.version")))
                .isEqualTo(tiny.version());
        assertThat(attributes.get(AttributeKey.longKey("gen_ai.request.n"))).isEqualTo(said.size());
        assertThat(attributes.get(AttributeKey.longKey("gen_ai.usage.prompt_tokens")))
                .isGreaterThan(4);
        assertThat(attributes.get(AttributeKey.longKey("gen_ai.usage.completion_tokens")))
                .isEqualTo(tokens);
        assertThat(attributes.get(AttributeKey.stringArrayKey("gen_ai.response.finish_reasons")))
                .hasSize(said.size())
                .containsOnly("length");
        assertThat(attributes.asMap().keySet().stream().map(AttributeKey::getKey))
                .as("nothing but these counts and times")
                .containsExactlyInAnyOrder(
                        "gen_ai.response.model",
                        "millrace.model.version",
                        "gen_ai.request.n",
                        "gen_ai.usage.prompt_tokens",
                        "gen_ai.usage.completion_tokens",
                        "gen_ai.response.finish_reasons",
                        "gen_ai.latency.time_in_queue",
                        "gen_ai.latency.time_to_first_token",
                        "gen_ai.latency.e2e");
        assertThat(request.getEvents()).isEmpty();
        double queued = seconds(attributes, "time_in_queue");
        double first = seconds(attributes, "time_to_first_token");
        assertThat(queued).isPositive().isLessThan(first);
        assertThat(first).isLessThan(seconds(attributes, "e2e"));
        assertThat(exported.getFinishedSpanItems().toString())
                .doesNotContain("golden")
                .doesNotContain(said);
    }

    private static double seconds(Attributes attributes, String latency) {
        return Objects.requireNonNull(attributes.get(AttributeKey.doubleKey("gen_ai.latency." + latency)), latency);
    }

    private List<SpanData> spans(String trace) {
        return exported.getFinishedSpanItems().stream()
                .filter(span -> span.getTraceId().equals(trace))
                .toList();
    }

    private static String traceParent(String trace) {
        return "00-%s-%s-01".formatted(trace, CALLER);
    }
}
