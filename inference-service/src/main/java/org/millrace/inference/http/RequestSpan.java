package org.millrace.inference.http;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.Drawn;
import org.millrace.inference.Served;

/// The span of one request for answers, under the one of its call: `llm_request` with the attributes that vLLM's
/// has, and the version of the weights. Counts and times alone: no text, and no ids that could be read as text.
/// Times are seconds from the request on.
///
/// It begins with the request, but is made by what first becomes of it: whoever is refused has none. The engine's
/// thread writes to it, and whichever sees the caller go.
final class RequestSpan {

    private static final AttributeKey<List<String>> FINISH_REASONS =
            AttributeKey.stringArrayKey("gen_ai.response.finish_reasons");

    private final SpanBuilder builder;
    private final long start = System.nanoTime();
    private final Drawn.@Nullable Finish[] finishes;
    private long drawn;
    private boolean begun;
    private @Nullable Span made;

    /// Belongs to the call that this thread handles.
    RequestSpan(Tracer tracer, Served served, int samples) {
        finishes = new Drawn.Finish[samples];
        builder = tracer.spanBuilder("llm_request")
                .setParent(Context.current())
                .setStartTimestamp(Instant.now())
                .setAttribute("gen_ai.response.model", served.name())
                .setAttribute("millrace.model.version", served.version())
                .setAttribute("gen_ai.request.n", samples);
    }

    private Span span() {
        Span span = made == null ? builder.startSpan() : made;
        made = span;
        return span;
    }

    /// An answer has a place in the engine's batch.
    synchronized void begun(int promptTokens) {
        if (!begun) {
            begun = true;
            Span span = span();
            span.setAttribute("gen_ai.usage.prompt_tokens", promptTokens);
            span.setAttribute("gen_ai.latency.time_in_queue", seconds());
        }
    }

    synchronized void drawn(Drawn token) {
        if (drawn++ == 0) {
            span().setAttribute("gen_ai.latency.time_to_first_token", seconds());
        }
        finishes[token.sample()] = token.finish();
    }

    /// All answers are whole, or nobody waits for them any more.
    synchronized void end() {
        Span span = span();
        if (!span.isRecording()) {
            return;
        }
        span.setAttribute(
                FINISH_REASONS,
                Arrays.stream(finishes)
                        .map(finish -> finish == null ? "abort" : finish.name().toLowerCase(Locale.ROOT))
                        .toList());
        span.setAttribute("gen_ai.usage.completion_tokens", drawn);
        span.setAttribute("gen_ai.latency.e2e", seconds());
        span.end();
    }

    /// What the engine says of it may hold what it worked on: of the cause only the kind is told.
    synchronized void failed(Throwable cause) {
        Span span = span();
        span.setStatus(StatusCode.ERROR);
        span.setAttribute("error.type", cause.getClass().getName());
        end();
    }

    private double seconds() {
        return (System.nanoTime() - start) / 1e9;
    }
}
