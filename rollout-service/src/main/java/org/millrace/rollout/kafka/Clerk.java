package org.millrace.rollout.kafka;

import java.time.Clock;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.millrace.events.BadRecord;
import org.millrace.events.DeadLetters;
import org.millrace.rollout.Outcome;
import org.millrace.rollout.Prompt;
import org.millrace.rollout.Worker;

/// Takes one delivered record to its reply: event → domain → events. Safe for many threads.
final class Clerk {

    static final String SERVICE = "rollout";

    private final Worker worker;
    private final EndedRuns endedRuns;
    private final Outcomes outcomes;
    private final int lastDelivery;

    /// @param lastDelivery the delivery at which a prompt is suspected of ending its workers
    Clerk(Worker worker, EndedRuns endedRuns, String name, int lastDelivery, Clock clock) {
        this.worker = worker;
        this.endedRuns = endedRuns;
        this.outcomes = new Outcomes(name, clock);
        this.lastDelivery = lastDelivery;
    }

    Reply reply(ConsumerRecord<String, byte[]> record) throws InterruptedException {
        int deliveries = deliveries(record);
        if (deliveries >= lastDelivery) {
            return deadLetter("poisonous", record, "delivered %d times, never finished".formatted(deliveries));
        }
        try {
            Prompt prompt = Prompts.read(record);
            return endedRuns.contain(prompt.runId(), record.timestamp())
                    ? new Reply("ended", 0, List.of())
                    : reply(record, worker.answer(prompt));
        } catch (BadRecord e) {
            return deadLetter("unreadable", record, String.valueOf(e.getMessage()));
        }
    }

    Reply deadLetter(String outcome, ConsumerRecord<String, byte[]> record, String reason) {
        return new Reply(outcome, 0, List.of(DeadLetters.of(record, SERVICE, reason)));
    }

    /// Counts the present delivery too.
    static int deliveries(ConsumerRecord<String, byte[]> record) {
        return record.deliveryCount().orElse((short) 1);
    }

    private Reply reply(ConsumerRecord<String, byte[]> record, Outcome outcome) {
        return switch (outcome) {
            case Outcome.Scored scored ->
                new Reply("scored", scored.answers().samples().size(), outcomes.records(scored));
            case Outcome.Comparable comparable ->
                new Reply("comparable", comparable.candidates().size(), List.of(outcomes.record(comparable)));
            case Outcome.Alike _ -> new Reply("alike", 0, List.of());
            case Outcome.Hopeless(var _, var reason) -> deadLetter("hopeless", record, reason);
        };
    }
}
