package org.millrace.crawler;

import java.util.EnumMap;
import java.util.Map;
import org.millrace.crawler.web.Outcome;

/// How far a crawl is.
///
/// @param queued known and not finished, requests in flight included
/// @param done finished URLs by outcome
/// @param bytes of all bodies
public record Counts(long queued, Map<Outcome, Long> done, long bytes) {

    public static final Counts NONE = new Counts(0, Map.of(), 0);

    public Counts {
        done = Map.copyOf(done);
    }

    public long of(Outcome outcome) {
        return done.getOrDefault(outcome, 0L);
    }

    public Counts plus(Counts other) {
        Map<Outcome, Long> sum = new EnumMap<>(Outcome.class);
        for (Outcome outcome : Outcome.values()) {
            sum.put(outcome, of(outcome) + other.of(outcome));
        }
        return new Counts(queued + other.queued, sum, bytes + other.bytes);
    }
}
