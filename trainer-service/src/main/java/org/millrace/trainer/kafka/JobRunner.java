package org.millrace.trainer.kafka;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.kafka.common.KafkaException;
import org.millrace.proto.events.v1.TrainingJob;
import org.millrace.proto.events.v1.TrainingJob.State;
import org.millrace.trainer.Outcome;
import org.millrace.trainer.TrainingFailed;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Works the queue, one job at a time, on the thread that calls [#run]: an engine owns all cores.
///
/// What a run does wrong ends the run; what Kafka does wrong ends the thread, and with it the process,
/// whose successor starts the run again.
final class JobRunner implements Runnable {

    private static final Logger LOGGER = LoggerFactory.getLogger(JobRunner.class);

    private final Jobs jobs;
    private final Stages stages;
    private volatile boolean stopping;

    JobRunner(Jobs jobs, Stages stages) {
        this.jobs = jobs;
        this.stages = stages;
    }

    @Override
    public void run() {
        try {
            while (!stopping) {
                work(jobs.takeNext());
            }
        } catch (InterruptedException e) {
            if (!stopping) {
                throw new IllegalStateException("interrupted by somebody else", e);
            }
        }
    }

    /// Lets a run end after its step; it waits in the queue for the next trainer. The thread that runs
    /// must be interrupted too, as it may be waiting.
    void stop() {
        stopping = true;
    }

    private void work(TrainingJob job) throws InterruptedException {
        String runId = job.getRunId();
        LOGGER.info(
                "run started: runId={} stage={} attempt={}",
                runId,
                job.getPlan().getStageCase(),
                job.getAttempts());
        try {
            Outcome outcome = stages.run(job, () -> stopping || jobs.isCancelled(runId));
            if (outcome.cancelled() && stopping) {
                jobs.requeue(runId);
            } else {
                jobs.end(runId, State.STATE_SUCCEEDED, "");
            }
        } catch (TrainingFailed e) {
            end(runId, String.valueOf(e.getMessage()), e);
        } catch (IOException | UncheckedIOException e) {
            end(runId, "files: " + e.getMessage(), e);
        } catch (KafkaException e) {
            throw e;
        } catch (InterruptedException e) {
            if (stopping) {
                jobs.requeue(runId);
            }
            throw e;
        } catch (RuntimeException e) {
            LOGGER.error("run broke: runId={}", runId, e);
            jobs.end(runId, State.STATE_FAILED, "an error of the trainer, its log tells more: " + e);
        }
    }

    private void end(String runId, String detail, Exception cause) {
        if (stopping) {
            jobs.requeue(runId);
            return;
        }
        LOGGER.warn("run failed: runId={} detail={}", runId, detail, cause);
        jobs.end(runId, State.STATE_FAILED, detail);
    }
}
