package org.millrace.trainer.kafka;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;
import org.millrace.proto.events.v1.TrainingJob;
import org.millrace.proto.events.v1.TrainingJob.State;
import org.millrace.trainer.Outcome;
import org.millrace.trainer.TrainingFailed;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Works the queue, one job at a time, on the thread that calls [#run]: an engine owns all cores.
///
/// What a run does wrong ends the run; what a disk or a store does wrong ends the attempt, if the next
/// can go on from a state, and the run if not; what Kafka does wrong ends the thread, and with it the
/// process, whose successor goes on with the run. What breaks during an orderly stop was broken by
/// the stop, as far as anybody can tell: the run goes back into the queue, and the attempt does not
/// count.
final class JobRunner implements Runnable {

    private static final Logger LOGGER = LoggerFactory.getLogger(JobRunner.class);

    private final Jobs jobs;
    private final Stages stages;
    private final Duration pause;
    private volatile boolean stopping;

    /// The run in hand.
    private volatile @Nullable String working;

    /// @param pause before a run is tried again that a disk or a store did not let go on
    JobRunner(Jobs jobs, Stages stages, Duration pause) {
        this.jobs = jobs;
        this.stages = stages;
        this.pause = pause;
    }

    @Override
    public void run() {
        try {
            while (!stopping) {
                work(jobs.takeNext(stages::cameFurther));
            }
        } catch (InterruptedException | InterruptException e) {
            if (!stopping) {
                throw new IllegalStateException("interrupted by somebody else", e);
            }
        }
    }

    /// Lets a run end after its step; it waits in the queue for the next trainer. The thread that
    /// runs must be interrupted too, as it may be waiting.
    void stop() {
        stopping = true;
    }

    /// Puts the run in hand back into the queue though it is not at an end: it computes a step that
    /// takes too long, and the process ends under it. For after [#stop]; what the run still tells
    /// comes too late once the publisher is closed.
    void abandon() {
        String runId = working;
        if (runId != null) {
            LOGGER.warn("run abandoned, its step takes too long: runId={}", runId);
            jobs.requeue(runId);
        }
    }

    private void work(TrainingJob job) throws InterruptedException {
        String runId = job.getRunId();
        working = runId;
        LOGGER.info(
                "run started: runId={} stage={} attempt={}",
                runId,
                job.getPlan().getStageCase(),
                job.getAttempts());
        try {
            TrainingJob begun = job.hasOrigin() ? job : jobs.begin(job, stages.origin(job.getPlan()));
            Outcome outcome =
                    stages.run(begun, () -> stopping || jobs.isCancelled(runId), detail -> jobs.tell(runId, detail));
            if (outcome.cancelled() && stopping) {
                jobs.requeue(runId);
            } else {
                if (outcome.cancelled()) {
                    LOGGER.info("run cancelled: runId={} steps={}", runId, outcome.steps());
                }
                jobs.end(runId, State.STATE_SUCCEEDED, "");
                stages.forget(runId);
            }
        } catch (TrainingFailed | IOException | InterruptedException | RuntimeException e) {
            if (!stopping) {
                fail(runId, e);
                return;
            }
            LOGGER.info("run interrupted by the stop: runId={} cause={}", runId, e.toString());
            jobs.requeue(runId);
        } finally {
            working = null;
        }
    }

    private void fail(String runId, Exception cause) throws InterruptedException {
        switch (cause) {
            case TrainingFailed e -> end(runId, String.valueOf(e.getMessage()), e);
            case IOException e -> endOrTryAgain(runId, "files: " + e.getMessage(), e);
            case UncheckedIOException e -> endOrTryAgain(runId, "files: " + e.getMessage(), e);
            case KafkaException e -> throw e;
            case InterruptedException e -> throw e;
            default -> {
                LOGGER.error("run broke: runId={}", runId, cause);
                jobs.end(runId, State.STATE_FAILED, "an error of the trainer, its log tells more: " + cause);
                stages.forget(runId);
            }
        }
    }

    private void endOrTryAgain(String runId, String detail, Exception cause) throws InterruptedException {
        if (stages.canGoOn(runId) && jobs.tryAgain(runId, detail)) {
            LOGGER.warn("run is tried again from its state: runId={} in={} detail={}", runId, pause, detail, cause);
            Thread.sleep(pause);
        } else {
            end(runId, detail, cause);
        }
    }

    private void end(String runId, String detail, Exception cause) {
        LOGGER.warn("run failed: runId={} detail={}", runId, detail, cause);
        jobs.end(runId, State.STATE_FAILED, detail);
        stages.forget(runId);
    }
}
