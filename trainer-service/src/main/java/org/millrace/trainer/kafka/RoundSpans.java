package org.millrace.trainer.kafka;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Scope;
import java.util.HashSet;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.millrace.events.Events;
import org.millrace.events.Traces;
import org.millrace.proto.events.v1.PromptSubmitted;

/// What traces show of a PPO run. Each prompt begins a trace of its own, which goes on through the worker and the
/// servers that answer it, to the rollouts. Each round is a trace of one span, from asking to the end of its
/// learning, with a link to the trace of every prompt that it learns from.
final class RoundSpans implements AutoCloseable {

    private final Tracer tracer;
    private final String run;
    private final Set<SpanContext> linked = new HashSet<>();
    private Span round = Span.getInvalid();

    RoundSpans(Tracer tracer, String run) {
        this.tracer = tracer;
        this.run = run;
    }

    /// Ends the round before.
    void begin(long number) {
        close();
        round = tracer.spanBuilder("ppo round")
                .setNoParent()
                .setAttribute("millrace.run_id", run)
                .setAttribute("millrace.round", number)
                .startSpan();
    }

    ProducerRecord<String, byte[]> record(Events events, PromptSubmitted prompt) {
        String topic = Events.topicName(PromptSubmitted.class);
        Span span = tracer.spanBuilder("create " + topic)
                .setNoParent()
                .setSpanKind(SpanKind.PRODUCER)
                .setAttribute("messaging.system", "kafka")
                .setAttribute("messaging.operation.type", "create")
                .setAttribute("messaging.destination.name", topic)
                .setAttribute("millrace.run_id", run)
                .setAttribute("millrace.round", prompt.getRound())
                .setAttribute("millrace.prompt_id", prompt.getPromptId())
                .startSpan();
        try (Scope _ = span.makeCurrent()) {
            return events.record(prompt.getPromptId(), prompt);
        } finally {
            span.end();
        }
    }

    /// The span that made a rollout: one for all of a prompt's.
    static SpanContext of(ConsumerRecord<String, byte[]> rollout) {
        return Span.fromContext(Traces.of(rollout)).getSpanContext();
    }

    /// @param rollout what [#of] said of one that the round learns from
    void learnFrom(SpanContext rollout) {
        if (rollout.isValid() && linked.add(rollout)) {
            round.addLink(rollout);
        }
    }

    @Override
    public void close() {
        round.end();
        linked.clear();
    }
}
