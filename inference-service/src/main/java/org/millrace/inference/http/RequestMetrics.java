package org.millrace.inference.http;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.TracerProvider;
import io.quarkus.opentelemetry.runtime.config.runtime.OTelRuntimeConfig;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.millrace.events.Traces;
import org.millrace.inference.Drawn;
import org.millrace.inference.Generation;
import org.millrace.inference.Scored;
import org.millrace.inference.Served;
import org.millrace.inference.Stopped;

/// What operators of vLLM look at, by its names and with its meanings, for all who draw answers. Every meter has
/// the label `model_name`. Each request has a [RequestSpan] besides, where traces are on.
@Singleton
public class RequestMetrics {

    private static final String MODEL = "model_name";

    private final MeterRegistry meters;
    private final Tracer tracer;
    private final Map<String, OfModel> models = new ConcurrentHashMap<>();

    @Inject
    RequestMetrics(MeterRegistry meters, OpenTelemetry telemetry, OTelRuntimeConfig settings) {
        this(meters, Traces.unless(settings.sdkDisabled(), telemetry).getTracerProvider());
    }

    public RequestMetrics(MeterRegistry meters, TracerProvider tracers) {
        this.meters = meters;
        this.tracer = tracers.get("inference");
    }

    /// Follows a request from now on, on a thread that handles its call.
    ///
    /// @param samples answers wanted
    /// @param listener hears all that the request's own listener hears
    public Watch watch(Served served, int samples, Generation.Listener listener) {
        return new Watch(
                models.computeIfAbsent(served.name(), name -> new OfModel(meters, name)),
                new RequestSpan(tracer, served, samples),
                samples,
                listener);
    }

    /// The meters of one model, all versions together.
    private record OfModel(
            Timer firstToken,
            Timer betweenTokens,
            Timer wholeAnswer,
            Counter promptTokens,
            Counter drawnTokens,
            Counter promptTokensAsked,
            Counter promptTokensKnown,
            Counter stopped,
            Counter full,
            Counter aborted,
            Counter failed) {

        OfModel(MeterRegistry meters, String model) {
            this(
                    timer(meters, model, "vllm:time_to_first_token", "from the request to its first token"),
                    timer(meters, model, "vllm:inter_token_latency", "from one token of an answer to its next"),
                    timer(meters, model, "vllm:e2e_request_latency", "from the request to the end of an answer"),
                    counter(meters, model, "vllm:prompt_tokens", "ids of prompts, one of n samples once"),
                    counter(meters, model, "vllm:generation_tokens", "ids that were drawn"),
                    counter(meters, model, "vllm:prefix_cache_queries", "ids of prompts, of each answer"),
                    counter(meters, model, "vllm:prefix_cache_hits", "of those, ids that need not be read again"),
                    ended(meters, model, "stop"),
                    ended(meters, model, "length"),
                    ended(meters, model, "abort"),
                    ended(meters, model, "error"));
        }

        private static Timer timer(MeterRegistry meters, String model, String name, String description) {
            return Timer.builder(name)
                    .description(description)
                    .tag(MODEL, model)
                    .serviceLevelObjectives(
                            Duration.ofMillis(1),
                            Duration.ofMillis(5),
                            Duration.ofMillis(20),
                            Duration.ofMillis(100),
                            Duration.ofMillis(500),
                            Duration.ofSeconds(2),
                            Duration.ofSeconds(10),
                            Duration.ofSeconds(60))
                    .register(meters);
        }

        private static Counter counter(MeterRegistry meters, String model, String name, String description) {
            return Counter.builder(name)
                    .description(description)
                    .tag(MODEL, model)
                    .register(meters);
        }

        private static Counter ended(MeterRegistry meters, String model, String reason) {
            return Counter.builder("vllm:request_success")
                    .description("answers that ended, by reason")
                    .tag(MODEL, model)
                    .tag("finished_reason", reason)
                    .register(meters);
        }
    }

    /// One request. Tokens come on the engine's thread; the caller may leave on any, as often as it likes.
    public static final class Watch implements Generation.Listener {

        private final OfModel meters;
        private final RequestSpan span;
        private final Generation.Listener listener;
        private final long start = System.nanoTime();
        private final long[] last;
        private final AtomicInteger left;
        private @Nullable Generation generation;
        private boolean begun;

        private Watch(OfModel meters, RequestSpan span, int samples, Generation.Listener listener) {
            this.meters = meters;
            this.span = span;
            this.listener = listener;
            this.last = new long[samples];
            this.left = new AtomicInteger(samples);
        }

        /// To be told before the engine is.
        ///
        /// @param followed has this as its listener
        public void follow(Generation followed) {
            generation = followed;
        }

        public Generation generation() {
            return Objects.requireNonNull(generation, "generation");
        }

        /// Nobody waits for the answers any more: of no effect on those that have ended.
        public void leave() {
            generation().cancel();
            int unfinished = left.getAndSet(0);
            if (unfinished > 0) {
                meters.aborted.increment(unfinished);
                span.end();
            }
        }

        @Override
        public void begun(int known) {
            int length = generation().prompt().length;
            meters.promptTokensAsked.increment(length);
            meters.promptTokensKnown.increment(known);
            span.begun(length);
            listener.begun(known);
        }

        @Override
        public void read(List<Scored> scores) {
            listener.read(scores);
        }

        @Override
        public void drawn(Drawn drawn) {
            long now = System.nanoTime();
            if (!begun) {
                begun = true;
                meters.promptTokens.increment(generation().prompt().length);
                meters.firstToken.record(now - start, TimeUnit.NANOSECONDS);
            }
            meters.drawnTokens.increment();
            if (last[drawn.sample()] != 0) {
                meters.betweenTokens.record(now - last[drawn.sample()], TimeUnit.NANOSECONDS);
            }
            last[drawn.sample()] = now;
            span.drawn(drawn);
            Drawn.Finish finish = drawn.finish();
            if (finish != null) {
                ended(finish, now);
            }
            listener.drawn(drawn);
        }

        /// Of no effect if its caller has left.
        private void ended(Drawn.Finish finish, long now) {
            int before = left.getAndUpdate(count -> Math.max(0, count - 1));
            if (before > 0) {
                meters.wholeAnswer.record(now - start, TimeUnit.NANOSECONDS);
                switch (finish) {
                    case STOP, CALL -> meters.stopped.increment();
                    case LENGTH -> meters.full.increment();
                }
            }
            if (before == 1) {
                span.end();
            }
        }

        @Override
        public void failed(Throwable cause) {
            Counter reason = cause instanceof Stopped ? meters.aborted : meters.failed;
            reason.increment(left.getAndSet(0));
            span.failed(cause);
            listener.failed(cause);
        }
    }
}
