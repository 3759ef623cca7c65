package org.millrace.inference.grpc;

import io.grpc.Status;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.quarkus.grpc.GrpcService;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.MultiEmitter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.millrace.inference.Generation;
import org.millrace.inference.Models;
import org.millrace.inference.Overloaded;
import org.millrace.inference.Scoring;
import org.millrace.inference.Served;
import org.millrace.inference.Stopped;
import org.millrace.inference.Unserved;
import org.millrace.proto.policy.v1.GenerateRequest;
import org.millrace.proto.policy.v1.GenerateResponse;
import org.millrace.proto.policy.v1.GetModelRequest;
import org.millrace.proto.policy.v1.GetModelResponse;
import org.millrace.proto.policy.v1.PolicyService;
import org.millrace.proto.policy.v1.ScoreRequest;
import org.millrace.proto.policy.v1.ScoreResponse;
import org.millrace.proto.policy.v1.TokenLogProbs;

/// The wire face of [Models]: checks requests, leaves them with an engine, maps failures to gRPC status.
@GrpcService
class PolicyEndpoint implements PolicyService {

    private final Models models;
    private final MeterRegistry meters;
    private final Timer firstToken;
    private final Timer wholeRequest;

    PolicyEndpoint(Models models, MeterRegistry meters) {
        this.models = models;
        this.meters = meters;
        this.firstToken = timer(meters, "time_to_first_token", "from the request to its first token");
        this.wholeRequest = wholeRequest(meters);
    }

    /// One timer for all that draw answers.
    static Timer wholeRequest(MeterRegistry meters) {
        return timer(meters, "e2e_request_latency", "from the request to the end of its last answer");
    }

    private static Timer timer(MeterRegistry meters, String name, String description) {
        return Timer.builder(name)
                .description(description)
                .serviceLevelObjectives(
                        Duration.ofMillis(5),
                        Duration.ofMillis(20),
                        Duration.ofMillis(100),
                        Duration.ofMillis(500),
                        Duration.ofSeconds(2),
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(60))
                .register(meters);
    }

    /// Nothing here waits: the prompt is encoded, and tokens come on a thread of their own. Not by
    /// `@RunOnVirtualThread`: with one port for gRPC and HTTP that annotation can deliver the end of a
    /// request before the request (Quarkus issue 48940), and the caller then sees INTERNAL.
    @Override
    public Multi<GenerateResponse> generate(GenerateRequest request) {
        return Multi.createFrom().emitter(out -> begin(request, out));
    }

    private void begin(GenerateRequest request, MultiEmitter<? super GenerateResponse> out) {
        Timer.Sample start = Timer.start(meters);
        var stream = new AnswerStream();
        try {
            Served served;
            Generation generation;
            do { // once more if a newer version took over just now
                served = models.find(request.getModel());
                generation = PolicyRequests.generation(request, served, stream);
            } while (!served.engine().submit(generation));
            follow(served, generation, Math.max(1, request.getSamples()), stream, start, out);
        } catch (IllegalArgumentException | Unserved | Overloaded e) {
            out.fail(status(e).asRuntimeException());
        }
    }

    private void follow(
            Served served,
            Generation generation,
            int samples,
            AnswerStream stream,
            Timer.Sample start,
            MultiEmitter<? super GenerateResponse> out) {
        out.onTermination(() -> {
            start.stop(wholeRequest);
            leave(generation, stream);
        });
        Departures.whenThisCallerLeaves(() -> leave(generation, stream));
        Thread.ofVirtual().name("answers").start(() -> {
            try {
                stream.pump(served, generation.prompt(), samples, start, firstToken, out);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                out.fail(Status.CANCELLED.withDescription("interrupted").asRuntimeException());
            }
        });
    }

    /// Of no effect on answers that have ended.
    private static void leave(Generation generation, AnswerStream stream) {
        generation.cancel();
        stream.leave();
    }

    @Override
    public Uni<ScoreResponse> score(ScoreRequest request) {
        try {
            Served served;
            Scoring scoring;
            do {
                served = models.find(request.getModel());
                scoring = PolicyRequests.scoring(request, served);
            } while (!served.engine().submit(scoring));
            Scoring taken = scoring;
            Departures.whenThisCallerLeaves(() -> taken.result().cancel(false)); // of no effect on a result
            long version = served.version();
            return Uni.createFrom()
                    .completionStage(scoring.result())
                    .map(scores -> response(scores, version))
                    .onFailure(CancellationException.class)
                    .recoverWithUni(Uni.createFrom().nothing()) // who has gone gets no last word: see Departures
                    .onFailure()
                    .transform(e -> unanswered(e).asRuntimeException());
        } catch (IllegalArgumentException | Unserved | Overloaded e) {
            throw status(e).asRuntimeException();
        }
    }

    private static ScoreResponse response(List<double[]> scores, long version) {
        var response = ScoreResponse.newBuilder().setModelVersion(version);
        for (double[] continuation : scores) {
            var logProbs = TokenLogProbs.newBuilder();
            for (double logProb : continuation) {
                logProbs.addLogProbs((float) logProb);
            }
            response.addContinuations(logProbs);
        }
        return response.build();
    }

    @Override
    public Uni<GetModelResponse> getModel(GetModelRequest request) {
        try {
            Served served = models.find(request.getModel());
            return Uni.createFrom()
                    .item(GetModelResponse.newBuilder()
                            .setModel(served.name())
                            .setVersion(served.version())
                            .setStage(served.publication().stage())
                            .setContext(served.config().context())
                            .setVocabularySize(served.vocabulary())
                            .setParameters(served.config().parameters())
                            .setTokenizer(served.publication().tokenizer())
                            .build());
        } catch (Unserved e) {
            if (e.reason() == Unserved.Reason.NOT_YET) {
                return Uni.createFrom()
                        .item(GetModelResponse.newBuilder()
                                .setModel(request.getModel())
                                .build()); // version 0
            }
            throw status(e).asRuntimeException();
        } catch (IllegalArgumentException e) {
            throw status(e).asRuntimeException();
        }
    }

    /// Why a request that was taken has no answer.
    static Status unanswered(Throwable cause) {
        return switch (cause) {
            case Stopped stopped -> Status.UNAVAILABLE.withDescription(stopped.getMessage());
            case CancellationException left -> Status.CANCELLED.withDescription("the caller has gone");
            default ->
                Status.INTERNAL
                        .withDescription("the engine broke: " + cause.getMessage())
                        .withCause(cause);
        };
    }

    /// Why a request was not taken.
    static Status status(Exception e) {
        Status status =
                switch (e) {
                    case Unserved unserved ->
                        switch (unserved.reason()) {
                            case NOT_YET, BROKEN -> Status.UNAVAILABLE;
                            case UNKNOWN -> Status.NOT_FOUND;
                        };
                    case Overloaded overloaded -> Status.RESOURCE_EXHAUSTED;
                    default -> Status.INVALID_ARGUMENT;
                };
        return status.withDescription(e.getMessage());
    }
}
