package org.millrace.trainer.grpc;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.quarkus.grpc.GrpcService;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.MultiEmitter;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;
import org.millrace.proto.events.v1.TrainingJob;
import org.millrace.proto.trainer.v1.CancelRequest;
import org.millrace.proto.trainer.v1.CancelResponse;
import org.millrace.proto.trainer.v1.SubmitRequest;
import org.millrace.proto.trainer.v1.SubmitResponse;
import org.millrace.proto.trainer.v1.TrainerService;
import org.millrace.proto.trainer.v1.WatchRequest;
import org.millrace.proto.trainer.v1.WatchResponse;
import org.millrace.trainer.kafka.Jobs;
import org.millrace.trainer.kafka.Plans;
import org.millrace.trainer.kafka.RunFeed;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The wire face of the queue: checks requests, maps failures to gRPC status.
@GrpcService
class TrainerEndpoint implements TrainerService {

    private static final Logger LOGGER = LoggerFactory.getLogger(TrainerEndpoint.class);

    private final Jobs jobs;
    private final RunFeed feed;

    TrainerEndpoint(Jobs jobs, RunFeed feed) {
        this.jobs = jobs;
        this.feed = feed;
    }

    @Override
    public Uni<SubmitResponse> submit(SubmitRequest request) {
        return onVirtualThread(() -> submitted(request));
    }

    private Uni<SubmitResponse> submitted(SubmitRequest request) {
        checkRunId(request.getRunId());
        try {
            Plans.plan(request.getPlan());
        } catch (IllegalArgumentException e) {
            throw invalid(e);
        }
        try {
            TrainingJob job = jobs.submit(request.getRunId(), request.getPlan());
            return Uni.createFrom().item(SubmitResponse.newBuilder().setJob(job).build());
        } catch (Jobs.Conflict e) {
            throw Status.ALREADY_EXISTS.withDescription(e.getMessage()).asRuntimeException();
        } catch (Jobs.QueueFull e) {
            throw Status.RESOURCE_EXHAUSTED.withDescription(e.getMessage()).asRuntimeException();
        } catch (KafkaException e) {
            throw unavailable(e);
        }
    }

    @Override
    public Multi<WatchResponse> watch(WatchRequest request) {
        return Multi.createFrom().emitter(emitter -> {
            AtomicBoolean gone = new AtomicBoolean();
            Departures.whenThisCallerLeaves(() -> gone.set(true));
            Thread.ofVirtual().name("watch").start(() -> follow(request.getRunId(), emitter, gone::get));
        });
    }

    @Override
    public Uni<CancelResponse> cancel(CancelRequest request) {
        return onVirtualThread(() -> cancelled(request));
    }

    private Uni<CancelResponse> cancelled(CancelRequest request) {
        checkRunId(request.getRunId());
        try {
            Optional<TrainingJob> job = jobs.cancel(request.getRunId());
            return Uni.createFrom()
                    .item(CancelResponse.newBuilder()
                            .setJob(job.orElseThrow(() -> unknown(request.getRunId())))
                            .build());
        } catch (KafkaException e) {
            throw unavailable(e);
        }
    }

    private void follow(String runId, MultiEmitter<? super WatchResponse> emitter, BooleanSupplier gone) {
        try {
            checkRunId(runId);
            if (jobs.find(runId).isEmpty()) {
                throw unknown(runId);
            }
            RunFeed.End end = feed.follow(runId, emitter::emit, () -> gone.getAsBoolean() || emitter.isCancelled());
            if (gone.getAsBoolean()) {
                return; // a last word to a stream that is gone is a protocol error, and closes the whole connection
            }
            switch (end) {
                case RUN_ENDED -> emitter.complete();
                case BROKEN_OFF ->
                    emitter.fail(Status.UNAVAILABLE
                            .withDescription("the trainer stops; ask again, everything is told from the start")
                            .asRuntimeException());
            }
        } catch (StatusRuntimeException e) {
            emitter.fail(e);
        } catch (KafkaException e) {
            emitter.fail(unavailable(e));
        } catch (RuntimeException e) { // told to the caller, who would wait for ever
            LOGGER.error("watch broke: runId={}", runId, e);
            emitter.fail(
                    Status.INTERNAL.withDescription("watch broke").withCause(e).asRuntimeException());
        }
    }

    private static void checkRunId(String runId) {
        try {
            Plans.checkRunId(runId);
        } catch (IllegalArgumentException e) {
            throw invalid(e);
        }
    }

    private static StatusRuntimeException invalid(IllegalArgumentException e) {
        return Status.INVALID_ARGUMENT.withDescription(e.getMessage()).asRuntimeException();
    }

    private static StatusRuntimeException unknown(String runId) {
        return Status.NOT_FOUND
                .withDescription("run_id: expected a submitted run, got \"%s\"".formatted(runId))
                .asRuntimeException();
    }

    private static StatusRuntimeException unavailable(KafkaException e) {
        return Status.UNAVAILABLE
                .withDescription("Kafka: " + e.getMessage())
                .withCause(e)
                .asRuntimeException();
    }

    /// Runs a call on a virtual thread of its own, where it may wait. Not by `@RunOnVirtualThread`:
    /// with one port for gRPC and HTTP that annotation can deliver the end of a request before the
    /// request (Quarkus issue 48940), and the caller then sees INTERNAL.
    private static <T> Uni<T> onVirtualThread(Supplier<Uni<? extends T>> call) {
        return Uni.createFrom().<T>deferred(call).runSubscriptionOn(Thread::startVirtualThread);
    }
}
