package org.millrace.rollout.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.util.List;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.millrace.rollout.Telemetry;

/// How the span of a prompt says what became of it.
class PromptSpansTest {

    @Test
    void aReplyIsNoError() {
        SpanData span = made(begun -> PromptSpans.end(begun, new Reply("scored", 2, List.of()), false));

        assertThat(span.getStatus()).isEqualTo(StatusData.unset());
        assertThat(span.getAttributes().get(AttributeKey.stringKey("millrace.outcome")))
                .isEqualTo("scored");
    }

    @Test
    void releasedIsOnlyWhatGoesBackToTheGroup() {
        assertThat(made(begun -> PromptSpans.end(begun, null, true)).getStatus())
                .isEqualTo(StatusData.create(StatusCode.ERROR, "released"));
        assertThat(made(begun -> PromptSpans.end(begun, null, false)).getStatus())
                .isEqualTo(StatusData.create(StatusCode.ERROR, "lock lost"));
    }

    @Test
    void ofADeathTheKindIsToldAndNotTheMessage() {
        SpanData span = made(begun -> PromptSpans.died(begun, new IllegalStateException("the secret prompt")));

        assertThat(span.getStatus()).isEqualTo(StatusData.error());
        assertThat(span.getAttributes().get(AttributeKey.stringKey("error.type")))
                .isEqualTo("java.lang.IllegalStateException");
        assertThat(span.toString()).doesNotContain("secret");
    }

    private static SpanData made(Consumer<Span> end) {
        var exported = InMemorySpanExporter.create();
        try (OpenTelemetrySdk telemetry = OpenTelemetrySdk.builder()
                .setTracerProvider(SdkTracerProvider.builder()
                        .addSpanProcessor(SimpleSpanProcessor.create(exported))
                        .build())
                .build()) {
            end.accept(new PromptSpans(telemetry, Telemetry.SETTINGS)
                    .begin(new ConsumerRecord<>("prompts", 0, 7, "key", new byte[0])));
            return exported.getFinishedSpanItems().getFirst();
        }
    }
}
