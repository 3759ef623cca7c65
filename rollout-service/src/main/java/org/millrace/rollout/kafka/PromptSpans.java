package org.millrace.rollout.kafka;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.quarkus.opentelemetry.runtime.config.runtime.OTelRuntimeConfig;
import jakarta.inject.Singleton;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.millrace.events.Traces;

/// The spans of prompts, from the delivery to the published reply, each in the trace that its record names. Names
/// are those of OpenTelemetry's conventions for messaging; nothing that anybody wrote is in them.
@Singleton
class PromptSpans {

    private final Tracer tracer;

    PromptSpans(OpenTelemetry telemetry, OTelRuntimeConfig settings) {
        tracer = Traces.unless(settings.sdkDisabled(), telemetry).getTracer("rollout");
    }

    Span begin(ConsumerRecord<String, byte[]> record) {
        return tracer.spanBuilder("process " + record.topic())
                .setParent(Traces.of(record))
                .setSpanKind(SpanKind.CONSUMER)
                .setAttribute("messaging.system", "kafka")
                .setAttribute("messaging.operation.type", "process")
                .setAttribute("messaging.destination.name", record.topic())
                .setAttribute("messaging.destination.partition.id", String.valueOf(record.partition()))
                .setAttribute("messaging.kafka.offset", record.offset())
                .setAttribute("messaging.consumer.group.name", PromptGroup.NAME)
                .setAttribute("millrace.deliveries", Clerk.deliveries(record))
                .startSpan();
    }

    /// @param reply null if there is none
    /// @param locked whether the prompt is still ours, to accept or to give back
    static void end(Span span, @Nullable Reply reply, boolean locked) {
        if (reply == null) {
            span.setStatus(StatusCode.ERROR, locked ? "released" : "lock lost");
        } else {
            span.setAttribute("millrace.outcome", reply.outcome());
            span.setAttribute("millrace.samples", reply.samples());
        }
        span.end();
    }

    /// The lane dies of it. A message may hold what it worked on: of the cause only the kind is told.
    static void died(Span span, Throwable cause) {
        span.setStatus(StatusCode.ERROR);
        span.setAttribute("error.type", cause.getClass().getName());
        span.end();
    }
}
