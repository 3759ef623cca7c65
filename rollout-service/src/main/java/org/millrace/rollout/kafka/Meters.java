package org.millrace.rollout.kafka;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// What a worker counts.
final class Meters {

    private final MeterRegistry registry;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final Timer answering;
    private final Timer transactions;
    private final Counter samples;
    private final Counter redelivered;
    private final Counter lostLocks;

    Meters(MeterRegistry registry) {
        this.registry = registry;
        registry.gauge("millrace_rollout_in_flight_prompts", inFlight);
        answering = Timer.builder("millrace_rollout_answer")
                .description("from a prompt's delivery to its reply, waiting for servers included")
                .register(registry);
        transactions = Timer.builder("millrace_rollout_transaction")
                .description("one transaction with the replies to any number of prompts")
                .register(registry);
        samples = registry.counter("millrace_rollout_published_samples");
        redelivered = registry.counter("millrace_rollout_redelivered_prompts");
        lostLocks = registry.counter("millrace_rollout_lost_locks");
    }

    Timer transactions() {
        return transactions;
    }

    void delivered(int deliveries) {
        inFlight.incrementAndGet();
        if (deliveries > 1) {
            redelivered.increment();
        }
    }

    /// @param reply null if the prompt went back to the group
    void settled(@Nullable Reply reply, long nanos) {
        inFlight.decrementAndGet();
        answering.record(nanos, TimeUnit.NANOSECONDS);
        String outcome = reply == null ? "released" : reply.outcome();
        registry.counter("millrace_rollout_settled_prompts", "outcome", outcome).increment();
        if (reply != null) {
            samples.increment(reply.samples());
        }
    }

    void lostLock() {
        lostLocks.increment();
    }
}
