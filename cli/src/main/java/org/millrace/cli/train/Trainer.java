package org.millrace.cli.train;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.millrace.cli.Failure;
import org.millrace.cli.client.Endpoints;
import org.millrace.proto.events.v1.TrainingJob;
import org.millrace.proto.events.v1.TrainingJob.State;
import org.millrace.proto.events.v1.TrainingPlan;
import org.millrace.proto.trainer.v1.CancelRequest;
import org.millrace.proto.trainer.v1.SubmitRequest;
import org.millrace.proto.trainer.v1.WatchRequest;
import org.millrace.proto.trainer.v1.WatchResponse;

/// The trainer of a system that is up: takes plans, tells of runs. What it refuses is a [Failure] with its
/// words.
public final class Trainer {

    private static final Duration CALL = Duration.ofSeconds(30);

    /// Of one call that tells of a run, which is then asked again.
    private static final Duration TELLING = Duration.ofMinutes(30);

    /// That a trainer which is started again may stay away.
    private static final Duration AWAY = Duration.ofMinutes(2);

    private static final Duration PAUSE = Duration.ofMillis(500);

    private final Endpoints endpoints;

    public Trainer(Endpoints endpoints) {
        this.endpoints = endpoints;
    }

    /// The plan is not one that this trainer takes.
    static final class Refused extends RuntimeException {

        private static final long serialVersionUID = 1L;

        Refused(String why, Throwable cause) {
            super(why, cause);
        }
    }

    /// Queues a run; the same run with the same plan once.
    ///
    /// @throws Refused if the plan breaks a rule, which the message names
    public TrainingJob submit(String runId, TrainingPlan plan) {
        SubmitRequest request =
                SubmitRequest.newBuilder().setRunId(runId).setPlan(plan).build();
        return answered(() -> endpoints
                .trainer()
                .withDeadlineAfter(CALL.toSeconds(), TimeUnit.SECONDS)
                .submit(request)
                .getJob());
    }

    /// @return how the run stands now
    TrainingJob cancel(String runId) {
        CancelRequest request = CancelRequest.newBuilder().setRunId(runId).build();
        return answered(() -> endpoints
                .trainer()
                .withDeadlineAfter(CALL.toSeconds(), TimeUnit.SECONDS)
                .cancel(request)
                .getJob());
    }

    /// Hands on all that the trainer tells of a run, each figure once, until the run ends; a trainer that is
    /// started again meanwhile is asked again.
    ///
    /// @param atMost after which the run is given up
    /// @return how it ended
    public TrainingJob follow(String runId, Duration atMost, Consumer<WatchResponse> each) throws InterruptedException {
        WatchRequest request = WatchRequest.newBuilder().setRunId(runId).build();
        long started = System.nanoTime();
        long contact = started;
        long told = 0;
        while (true) {
            Duration left = atMost.minusNanos(System.nanoTime() - started);
            if (!left.isPositive()) {
                throw new Failure("The run %s has not ended in %d min.".formatted(runId, atMost.toMinutes()));
            }
            long figures = 0;
            TrainingJob last = TrainingJob.getDefaultInstance();
            try {
                Iterator<WatchResponse> updates = endpoints
                        .trainer()
                        .withDeadlineAfter(Math.min(TELLING.toNanos(), left.toNanos()), TimeUnit.NANOSECONDS)
                        .watch(request);
                while (updates.hasNext()) {
                    WatchResponse update = updates.next();
                    last = update.getJob();
                    figures += update.hasMetrics() ? 1 : 0;
                    if (!update.hasMetrics() || figures > told) { // asked again, it tells all from the start
                        told = Math.max(told, figures);
                        each.accept(update);
                    }
                }
                return last;
            } catch (StatusRuntimeException e) {
                boolean answered = last.getState() != State.STATE_UNSPECIFIED;
                contact = answered ? System.nanoTime() : contact;
                boolean passes = e.getStatus().getCode() == Status.Code.DEADLINE_EXCEEDED
                        || e.getStatus().getCode() == Status.Code.UNAVAILABLE
                                && System.nanoTime() - contact < AWAY.toNanos();
                if (!passes) {
                    throw failure(e);
                }
                TimeUnit.MILLISECONDS.sleep(PAUSE.toMillis());
            }
        }
    }

    private static <A> A answered(Supplier<A> call) {
        try {
            return call.get();
        } catch (StatusRuntimeException e) {
            throw failure(e);
        }
    }

    private static RuntimeException failure(StatusRuntimeException e) {
        Status status = e.getStatus();
        String why = String.valueOf(status.getDescription());
        return switch (status.getCode()) {
            case INVALID_ARGUMENT -> new Refused(why, e);
            case NOT_FOUND, ALREADY_EXISTS, RESOURCE_EXHAUSTED, FAILED_PRECONDITION -> new Failure(why, e);
            case UNAVAILABLE, DEADLINE_EXCEEDED ->
                new Failure("The trainer does not answer (%s); see ./millrace status and its log.".formatted(why), e);
            default -> new Failure("The trainer failed: " + status, e);
        };
    }
}
