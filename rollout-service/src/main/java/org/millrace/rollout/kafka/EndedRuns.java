package org.millrace.rollout.kafka;

import com.google.common.util.concurrent.Uninterruptibles;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.millrace.events.BadRecord;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.TrainingJob;
import org.millrace.proto.events.v1.TrainingJob.State;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Follows the trainer's jobs: a run that has succeeded, failed or been cancelled learns from no rollout
/// any more. One that waits in the queue has not ended, however often its trainer did.
///
/// [#run] is for a thread of its own; the rest may be asked by any.
final class EndedRuns implements Runnable {

    private static final Logger LOGGER = LoggerFactory.getLogger(EndedRuns.class);
    private static final TopicPartition JOBS = new TopicPartition(Events.topicName(TrainingJob.class), 0);
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final Duration POLL = Duration.ofMillis(200);

    private final Consumer<String, byte[]> consumer;
    private final Map<String, Long> ends = new ConcurrentHashMap<>();
    private final CountDownLatch caughtUp = new CountDownLatch(1);
    private volatile boolean stopped;

    /// @param consumer of committed records, without a group
    EndedRuns(Consumer<String, byte[]> consumer) {
        this.consumer = consumer;
    }

    @Override
    public void run() {
        try {
            consumer.assign(List.of(JOBS));
            consumer.seekToBeginning(List.of(JOBS));
            long end = consumer.endOffsets(List.of(JOBS)).getOrDefault(JOBS, 0L);
            while (!stopped) {
                consumer.poll(POLL).forEach(this::note);
                if (caughtUp.getCount() > 0 && consumer.position(JOBS) >= end) {
                    caughtUp.countDown();
                }
            }
        } finally {
            caughtUp.countDown(); // whoever waits must not outlive us
        }
    }

    void stop() {
        stopped = true;
    }

    /// Returns once everything is known that had ended when [#run] began: a worker that starts meets a
    /// backlog. If that takes longer than a minute it returns, too: then some are answered in vain.
    void awaitCaughtUp() {
        if (!Uninterruptibles.awaitUninterruptibly(caughtUp, PATIENCE)) {
            LOGGER.warn("{} is not read to its end within {}, prompts are taken all the same", JOBS, PATIENCE);
        }
    }

    /// Whether a run has ended since it asked. A run that was removed from the log may have a namesake,
    /// whose prompts are younger than that end.
    ///
    /// @param askedAtMs when its prompt was published
    boolean contain(String runId, long askedAtMs) {
        Long end = ends.get(runId);
        return end != null && askedAtMs <= end;
    }

    void note(ConsumerRecord<String, byte[]> record) {
        if (record.value() == null) {
            ends.remove(record.key());
            return;
        }
        try {
            TrainingJob job = Events.read(record, TrainingJob.class);
            if (hasEnded(job.getState())) {
                ends.put(job.getRunId(), job.getUpdatedAtMs());
            } else {
                ends.remove(job.getRunId());
            }
        } catch (BadRecord e) {
            // No dead letter: every worker would write one at every start, and the trainer has.
            LOGGER.warn("skipped: {} offset={} reason={}", JOBS, record.offset(), e.getMessage());
        }
    }

    private static boolean hasEnded(State state) {
        return switch (state) {
            case STATE_SUCCEEDED, STATE_FAILED, STATE_CANCELLED -> true;
            case STATE_UNSPECIFIED, STATE_QUEUED, STATE_RUNNING, UNRECOGNIZED -> false;
        };
    }
}
