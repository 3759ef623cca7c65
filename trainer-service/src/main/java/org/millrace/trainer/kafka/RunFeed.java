package org.millrace.trainer.kafka;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.millrace.events.BadRecord;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.MetricsReported;
import org.millrace.proto.events.v1.TrainingJob;
import org.millrace.proto.events.v1.TrainingJob.State;
import org.millrace.proto.trainer.v1.WatchResponse;

/// Follows a run from its first figure to its end. Everything comes from the log, so a trainer that
/// was restarted tells the whole story too.
public final class RunFeed {

    private final Broker broker;
    private final Jobs jobs;
    private final Publisher publisher;
    private final AtomicInteger watchers = new AtomicInteger();
    private volatile boolean closed;

    RunFeed(Broker broker, Jobs jobs, Publisher publisher) {
        this.broker = broker;
        this.jobs = jobs;
        this.publisher = publisher;
    }

    /// How following ended.
    public enum End {
        /// The last message carried the final state.
        RUN_ENDED,
        /// The reader left, the run was removed from the log, or the trainer stops.
        BROKEN_OFF
    }

    private record Standing(State state, String detail) {}

    /// Hands over every message of a run and returns after the last one.
    ///
    /// @param gone tells that nobody reads any more
    public End follow(String runId, Consumer<WatchResponse> reader, BooleanSupplier gone) {
        Optional<TrainingJob> first = jobs.find(runId);
        if (first.isEmpty()) {
            return End.BROKEN_OFF;
        }
        Standing told = new Standing(State.STATE_UNSPECIFIED, "");
        watchers.incrementAndGet();
        try (TopicReader log =
                TopicReader.from(broker, MetricsReported.class, first.get().getSubmittedAtMs())) {
            while (!closed && !gone.getAsBoolean()) {
                Optional<TrainingJob> job = jobs.find(runId);
                if (job.isEmpty()) {
                    return End.BROKEN_OFF;
                }
                // A run's figures are committed before its end is; so all of them are on the log now.
                boolean ended = Jobs.hasEnded(job.get());
                Standing standing = new Standing(job.get().getState(), job.get().getDetail());
                if (!ended && !standing.equals(told)) {
                    told = standing;
                    reader.accept(WatchResponse.newBuilder().setJob(job.get()).build());
                }
                List<ConsumerRecord<String, byte[]>> records = ended ? log.toEnd() : log.poll(Duration.ofMillis(200));
                for (ConsumerRecord<String, byte[]> record : records) {
                    tell(record, job.get(), ended, reader);
                }
                if (ended) {
                    reader.accept(WatchResponse.newBuilder().setJob(job.get()).build());
                    return End.RUN_ENDED;
                }
            }
            return End.BROKEN_OFF;
        } finally {
            watchers.decrementAndGet();
        }
    }

    /// Who follows at the moment; each of them has a consumer.
    public int watchers() {
        return watchers.get();
    }

    void close() {
        closed = true;
    }

    private void tell(
            ConsumerRecord<String, byte[]> record, TrainingJob job, boolean ended, Consumer<WatchResponse> reader) {
        if (!job.getRunId().equals(record.key())) {
            return;
        }
        try {
            MetricsReported metrics = Events.read(record, MetricsReported.class);
            // While figures are told the run goes on, as far as the reader knows.
            TrainingJob then = ended
                    ? job.toBuilder()
                            .setState(State.STATE_RUNNING)
                            .clearDetail()
                            .build()
                    : job;
            reader.accept(
                    WatchResponse.newBuilder().setJob(then).setMetrics(metrics).build());
        } catch (BadRecord e) {
            publisher.deadLetter(record, String.valueOf(e.getMessage()));
        }
    }
}
