package org.millrace.reward.grpc;

import com.google.common.primitives.Floats;
import com.google.common.primitives.Ints;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.quarkus.grpc.GrpcService;
import io.smallrye.mutiny.Uni;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.millrace.proto.reward.v1.GetModelRequest;
import org.millrace.proto.reward.v1.GetModelResponse;
import org.millrace.proto.reward.v1.RewardService;
import org.millrace.proto.reward.v1.ScoreRequest;
import org.millrace.proto.reward.v1.ScoreResponse;
import org.millrace.reward.BadRequest;
import org.millrace.reward.Judgement;
import org.millrace.reward.Overloaded;
import org.millrace.reward.Question;
import org.millrace.reward.RewardModels;
import org.millrace.reward.Unserved;

/// The wire face of [RewardModels]: reads requests, and maps what goes wrong to gRPC status.
@GrpcService
class RewardEndpoint implements RewardService {

    private final RewardModels models;
    private final MeterRegistry meters;
    private final Timer scoring;

    RewardEndpoint(RewardModels models, MeterRegistry meters) {
        this.models = models;
        this.meters = meters;
        this.scoring = Timer.builder("millrace_reward_score")
                .description("one Score, waiting included")
                .register(meters);
    }

    @Override
    public Uni<ScoreResponse> score(ScoreRequest request) {
        return onVirtualThread(() -> judge(request)); // waits for the queue; the model runs on its own thread
    }

    @Override
    public Uni<GetModelResponse> getModel(GetModelRequest request) {
        return onVirtualThread(() -> model(request));
    }

    private ScoreResponse judge(ScoreRequest request) {
        long start = System.nanoTime();
        try {
            Judgement judgement = models.judge(request.getModel(), question(request));
            meters.counter("millrace_reward_scored_completions").increment(judgement.rewards().length);
            Span.current()
                    .setAttribute("gen_ai.response.model", judgement.model())
                    .setAttribute("millrace.model.version", judgement.version())
                    .setAttribute("millrace.completions", judgement.rewards().length);
            return ScoreResponse.newBuilder()
                    .addAllRewards(Floats.asList(judgement.rewards()))
                    .addAllVerified(Floats.asList(judgement.verified()))
                    .setModelVersion(judgement.version())
                    .setModel(judgement.model())
                    .build();
        } catch (Unserved e) {
            throw status(e);
        } catch (BadRequest e) {
            throw Status.INVALID_ARGUMENT.withDescription(e.getMessage()).asRuntimeException();
        } catch (Overloaded e) {
            meters.counter("millrace_reward_rejected_requests").increment();
            throw Status.RESOURCE_EXHAUSTED.withDescription(e.getMessage()).asRuntimeException();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Status.CANCELLED
                    .withDescription("the caller has left")
                    .withCause(e)
                    .asRuntimeException();
        } finally {
            scoring.record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
        }
    }

    private static Question question(ScoreRequest request) {
        int[][] completions = new int[request.getCompletionsCount()][];
        for (int i = 0; i < completions.length; i++) {
            completions[i] = Ints.toArray(request.getCompletions(i).getTokensList());
        }
        return new Question(Ints.toArray(request.getPromptTokensList()), completions, request.getReference());
    }

    private GetModelResponse model(GetModelRequest request) {
        try {
            RewardModels.Served served = models.served(request.getModel());
            return GetModelResponse.newBuilder()
                    .setModel(served.name())
                    .setVersion(served.version())
                    .build();
        } catch (Unserved e) {
            if (e.reason() == Unserved.Reason.NONE_LOADED) {
                return GetModelResponse.newBuilder()
                        .setModel(request.getModel())
                        .build();
            }
            throw status(e);
        }
    }

    private static StatusRuntimeException status(Unserved unserved) {
        Status status =
                switch (unserved.reason()) {
                    case NONE_LOADED -> Status.UNAVAILABLE;
                    case UNKNOWN -> Status.NOT_FOUND;
                    case AMBIGUOUS -> Status.INVALID_ARGUMENT;
                };
        return status.withDescription(unserved.getMessage()).asRuntimeException();
    }

    /// Runs a call on a virtual thread of its own, where it may wait. Not by `@RunOnVirtualThread`: with
    /// one port for gRPC and HTTP that annotation can deliver the end of a request before the request
    /// (Quarkus issue 48940), and the caller then sees INTERNAL. The call's span goes with it. The thread is
    /// interrupted when the caller leaves.
    private static <T> Uni<T> onVirtualThread(Supplier<T> call) {
        CompletableFuture<Void> departure = Departures.ofThisCaller();
        return Uni.createFrom().item(Context.current().wrapSupplier(call)).runSubscriptionOn(task -> {
            Thread thread = Thread.startVirtualThread(task);
            var unused = departure.thenRun(thread::interrupt);
        });
    }
}
