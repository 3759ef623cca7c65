package org.millrace.events;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/// The trace that a record belongs to, as W3C has it: `traceparent` and `tracestate` among its headers. Nothing
/// else of whoever sent it travels here. And whether there are spans at all.
public final class Traces {

    private static final TextMapPropagator W3C = W3CTraceContextPropagator.getInstance();

    private static final TextMapGetter<Headers> READER = new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(Headers headers) {
            List<String> names = new ArrayList<>();
            headers.forEach(header -> names.add(header.key()));
            return names;
        }

        @Override
        public @Nullable String get(@Nullable Headers headers, String name) {
            Header header = headers == null ? null : headers.lastHeader(name);
            return header == null || header.value() == null ? null : new String(header.value(), UTF_8);
        }
    };

    private Traces() {}

    /// The SDK, or one that makes no spans where traces are off: an SDK that is switched off makes them all the same,
    /// and sends them nowhere.
    public static OpenTelemetry unless(boolean off, OpenTelemetry sdk) {
        return off ? OpenTelemetry.noop() : sdk;
    }

    /// Where spans about a record belong: under the span that made it, or under none if it names none.
    public static Context of(ConsumerRecord<String, byte[]> record) {
        return W3C.extract(Context.root(), record.headers(), READER);
    }

    /// Names the span that is current on this thread, if one is.
    static void write(Headers headers) {
        W3C.inject(Context.current(), headers, (to, name, value) -> {
            if (to != null) {
                to.add(name, value.getBytes(UTF_8));
            }
        });
    }
}
