package org.millrace.trainer.kafka;

import java.time.Clock;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.millrace.events.BadRecord;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.TrainingJob;
import org.millrace.proto.events.v1.TrainingJob.State;
import org.millrace.proto.events.v1.TrainingOrigin;
import org.millrace.proto.events.v1.TrainingPlan;

/// All runs and how they stand. The log is the truth: a state counts when its record is committed,
/// and a restarted trainer reads them all again.
///
/// ```text
///   submit ──► QUEUED ──► RUNNING ──► SUCCEEDED | FAILED
///                 └───────────┴─────► CANCELLED
/// ```
///
/// A run found RUNNING at the start belonged to a trainer that ended: it goes on from its last state
/// ([States]), or from the beginning if it has none, and with the versions that it began with, up to three times
/// without coming further. So does one with a state that a disk or a store did not let go on.
/// Threads may share it.
///
/// A change holds the lock until Kafka has it; a look takes no lock, so that neither a training
/// step nor a health check waits for a broker that is away.
public final class Jobs {

    static final int MAX_ATTEMPTS = 3;

    private static final Comparator<TrainingJob> ORDER =
            Comparator.comparingLong(TrainingJob::getSubmittedAtMs).thenComparing(TrainingJob::getRunId);

    private final Publisher publisher;
    private final Clock clock;
    private final int maximumQueued;
    private final Events events = Publisher.events();
    private final Map<String, TrainingJob> jobs = new ConcurrentHashMap<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition queued = lock.newCondition();

    private Jobs(Publisher publisher, Clock clock, int maximumQueued) {
        this.publisher = publisher;
        this.clock = clock;
        this.maximumQueued = maximumQueued;
    }

    /// The runs on the log.
    static Jobs load(Broker broker, Publisher publisher, Clock clock, int maximumQueued) {
        Jobs loaded = new Jobs(publisher, clock, maximumQueued);
        try (TopicReader reader = TopicReader.fromStart(broker, TrainingJob.class)) {
            for (ConsumerRecord<String, byte[]> record : reader.toEnd()) {
                if (record.value() == null) {
                    loaded.jobs.remove(record.key()); // somebody removed the run from the log
                    continue;
                }
                try {
                    TrainingJob job = Events.read(record, TrainingJob.class);
                    loaded.jobs.put(job.getRunId(), job);
                } catch (BadRecord e) {
                    publisher.deadLetter(record, String.valueOf(e.getMessage()));
                }
            }
        }
        return loaded;
    }

    /// Queues a run; the same run with the same plan is answered again, as it stands.
    ///
    /// @throws Conflict if the run exists with another plan
    /// @throws QueueFull if too many runs wait
    public TrainingJob submit(String runId, TrainingPlan plan) throws Conflict, QueueFull {
        lock.lock();
        try {
            TrainingJob known = jobs.get(runId);
            if (known != null) {
                if (!known.getPlan().equals(plan)) {
                    throw new Conflict(runId);
                }
                return known;
            }
            if (queued() >= maximumQueued) {
                throw new QueueFull(maximumQueued);
            }
            // Later than all before, so that the order of submission survives a restart.
            long last = jobs.values().stream()
                    .mapToLong(TrainingJob::getSubmittedAtMs)
                    .max()
                    .orElse(0);
            long now = Math.max(clock.millis(), last + 1);
            TrainingJob job = save(TrainingJob.newBuilder()
                    .setRunId(runId)
                    .setPlan(plan)
                    .setState(State.STATE_QUEUED)
                    .setSubmittedAtMs(now)
                    .setUpdatedAtMs(now));
            queued.signalAll();
            return job;
        } finally {
            lock.unlock();
        }
    }

    public Optional<TrainingJob> find(String runId) {
        return Optional.ofNullable(jobs.get(runId));
    }

    /// Cancels a run that has not ended; one that has is left as it is.
    public Optional<TrainingJob> cancel(String runId) {
        lock.lock();
        try {
            TrainingJob job = jobs.get(runId);
            if (job == null || hasEnded(job)) {
                return Optional.ofNullable(job);
            }
            return Optional.of(save(to(job, State.STATE_CANCELLED, "cancelled by request")));
        } finally {
            lock.unlock();
        }
    }

    public static boolean hasEnded(TrainingJob job) {
        return switch (job.getState()) {
            case STATE_SUCCEEDED, STATE_FAILED, STATE_CANCELLED -> true;
            case STATE_UNSPECIFIED, STATE_QUEUED, STATE_RUNNING, UNRECOGNIZED -> false;
        };
    }

    /// Waits for the next run and marks it RUNNING. For the one thread that works the queue.
    ///
    /// @param cameFurther tells of a run id whether the last attempt did: such a one does not count
    TrainingJob takeNext(Predicate<String> cameFurther) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (true) {
                Optional<TrainingJob> next =
                        jobs.values().stream().filter(job -> !hasEnded(job)).min(ORDER);
                if (next.isEmpty()) {
                    queued.await();
                    continue;
                }
                TrainingJob job = next.get();
                int inVain = cameFurther.test(job.getRunId()) ? 0 : job.getAttempts();
                if (inVain < MAX_ATTEMPTS) {
                    return save(to(job, State.STATE_RUNNING, "").setAttempts(inVain + 1));
                }
                save(to(
                        job,
                        State.STATE_FAILED,
                        "the trainer ended %d times in the middle of this run".formatted(MAX_ATTEMPTS)));
            }
        } finally {
            lock.unlock();
        }
    }

    /// Writes down what a run starts from, before it publishes anything: its own models must not
    /// become what its next attempt starts from.
    ///
    /// @return the run with its origin; unsaved if it was cancelled meanwhile
    TrainingJob begin(TrainingJob taken, TrainingOrigin origin) {
        lock.lock();
        try {
            TrainingJob job = jobs.getOrDefault(taken.getRunId(), taken);
            TrainingJob.Builder begun = to(job, job.getState(), job.getDetail()).setOrigin(origin);
            return job.getState() == State.STATE_RUNNING ? save(begun) : begun.build();
        } finally {
            lock.unlock();
        }
    }

    /// Tells people what a run that goes on waits for; empty: nothing any more.
    void tell(String runId, String detail) {
        lock.lock();
        try {
            TrainingJob job = jobs.get(runId);
            if (job != null && job.getState() == State.STATE_RUNNING) {
                save(to(job, State.STATE_RUNNING, detail));
            }
        } finally {
            lock.unlock();
        }
    }

    /// Ends a run, unless it was cancelled meanwhile: that stands.
    void end(String runId, State state, String detail) {
        lock.lock();
        try {
            TrainingJob job = jobs.get(runId);
            if (job != null && !hasEnded(job)) {
                save(to(job, state, detail));
            }
        } finally {
            lock.unlock();
        }
    }

    /// Puts a run that was interrupted by an orderly stop back into the queue, as if it had not
    /// begun. What it started from stays written down.
    void requeue(String runId) {
        lock.lock();
        try {
            TrainingJob job = jobs.get(runId);
            if (job != null && job.getState() == State.STATE_RUNNING) {
                save(to(job, State.STATE_QUEUED, "").setAttempts(Math.max(0, job.getAttempts() - 1)));
            }
        } finally {
            lock.unlock();
        }
    }

    /// Puts a run back into the queue that a disk or a store did not let go on; the attempt counts.
    ///
    /// @return false if it was the last that a run has
    boolean tryAgain(String runId, String detail) {
        lock.lock();
        try {
            TrainingJob job = jobs.get(runId);
            if (job == null || job.getState() != State.STATE_RUNNING || job.getAttempts() >= MAX_ATTEMPTS) {
                return false;
            }
            save(to(job, State.STATE_QUEUED, detail));
            return true;
        } finally {
            lock.unlock();
        }
    }

    boolean isCancelled(String runId) {
        return find(runId).map(job -> job.getState() == State.STATE_CANCELLED).orElse(true);
    }

    int queued() {
        return (int) jobs.values().stream()
                .filter(job -> job.getState() == State.STATE_QUEUED)
                .count();
    }

    private TrainingJob.Builder to(TrainingJob job, State state, String detail) {
        return job.toBuilder()
                .setState(state)
                .setDetail(detail)
                .setUpdatedAtMs(Math.max(clock.millis(), job.getUpdatedAtMs() + 1));
    }

    private TrainingJob save(TrainingJob.Builder change) {
        TrainingJob job = change.build();
        ProducerRecord<String, byte[]> record = events.record(job.getRunId(), job);
        publisher.publish(List.of(record));
        jobs.put(job.getRunId(), job);
        return job;
    }

    /// The run exists already, and asks for something else.
    public static final class Conflict extends Exception {

        private static final long serialVersionUID = 1L;

        Conflict(String runId) {
            super("run_id: \"%s\" exists with another plan".formatted(runId));
        }
    }

    /// Too many runs wait.
    public static final class QueueFull extends Exception {

        private static final long serialVersionUID = 1L;

        QueueFull(int most) {
            super("%d runs wait already, which is the most that may".formatted(most));
        }
    }
}
