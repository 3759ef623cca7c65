package org.millrace.trainer.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;
import org.millrace.proto.events.v1.Message;
import org.millrace.proto.events.v1.PromptSubmitted;

class RoundSpansTest {

    private static final PromptSubmitted PROMPT = PromptSubmitted.newBuilder()
            .setPromptId("run.1.0")
            .setRound(1)
            .addMessages(Message.newBuilder().setRole(Message.Role.ROLE_USER).setContent("a secret"))
            .build();

    private final InMemorySpanExporter exported = InMemorySpanExporter.create();

    @Test
    void everyPromptBeginsATraceAndARoundIsLinkedOnceToEachItLearnsFrom() {
        var tracers = SdkTracerProvider.builder()
                .addSpanProcessor(SimpleSpanProcessor.create(exported))
                .build();
        try (var spans = new RoundSpans(tracers.get("trainer"), "run")) {
            spans.begin(1);
            SpanContext rollouts = RoundSpans.of(
                    received(spans.record(Publisher.events(), PROMPT).headers()));
            spans.record(Publisher.events(), PROMPT);
            spans.learnFrom(rollouts);
            spans.learnFrom(rollouts);
            spans.learnFrom(RoundSpans.of(received(new RecordHeaders())));
            spans.begin(2);
        }

        List<SpanData> spans = exported.getFinishedSpanItems();
        assertThat(spans)
                .extracting(SpanData::getName)
                .containsExactly(
                        "create prompts.submitted.v1", "create prompts.submitted.v1", "ppo round", "ppo round");
        assertThat(spans).extracting(SpanData::getTraceId).doesNotHaveDuplicates();
        assertThat(spans.get(2).getLinks())
                .extracting(LinkData::getSpanContext)
                .extracting(SpanContext::getTraceId, SpanContext::getSpanId)
                .containsExactly(org.assertj.core.groups.Tuple.tuple(
                        spans.get(0).getTraceId(), spans.get(0).getSpanId()));
        assertThat(spans.get(3).getLinks()).isEmpty();
        assertThat(spans.toString()).contains("run.1.0").doesNotContain("secret");
    }

    private static ConsumerRecord<String, byte[]> received(Headers headers) {
        return new ConsumerRecord<>(
                "rollouts.completed.v1",
                0,
                0,
                0,
                TimestampType.CREATE_TIME,
                1,
                0,
                "k",
                new byte[0],
                headers,
                Optional.empty());
    }
}
