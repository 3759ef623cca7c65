package org.millrace.inference.grpc;

import io.quarkus.grpc.GrpcService;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.MultiEmitter;
import java.util.List;
import org.millrace.inference.Models;
import org.millrace.inference.Overloaded;
import org.millrace.inference.Scoring;
import org.millrace.inference.Served;
import org.millrace.inference.Unserved;
import org.millrace.inference.http.RequestMetrics;
import org.millrace.inference.http.RequestMetrics.Watch;
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
    private final RequestMetrics metrics;

    PolicyEndpoint(Models models, RequestMetrics metrics) {
        this.models = models;
        this.metrics = metrics;
    }

    /// Tokens are sent on the call's event loop.
    @Override
    public Multi<GenerateResponse> generate(GenerateRequest request) {
        return Multi.createFrom().emitter(out -> {
            var stream = new AnswerStream(Beat.ofThisCall(), request.getWhole());
            OwnThread.run(() -> begin(request, stream, out), out::fail);
        });
    }

    private void begin(GenerateRequest request, AnswerStream stream, MultiEmitter<? super GenerateResponse> out)
            throws Unserved, Overloaded {
        int samples = Math.max(1, request.getSamples());
        Served served;
        Watch watch;
        do { // once more if a newer version took over just now
            served = models.take(request.getModel());
            watch = PolicyRequests.watch(request, served, metrics, stream);
            stream.open(served.publication(), watch.generation().prompt(), samples, out);
        } while (!served.engine().submit(watch.generation()));
        Watch taken = watch;
        out.onTermination(() -> leave(taken, stream));
        Departures.whenThisCallerLeaves(() -> leave(taken, stream));
    }

    /// Of no effect on answers that have ended.
    private static void leave(Watch watch, AnswerStream stream) {
        watch.leave();
        stream.leave();
    }

    @Override
    public Uni<ScoreResponse> score(ScoreRequest request) {
        return OwnThread.answer(() -> {
            Served served;
            Scoring scoring;
            do {
                served = models.take(request.getModel());
                scoring = PolicyRequests.scoring(request, served);
            } while (!served.engine().submit(scoring));
            Scoring taken = scoring;
            Departures.whenThisCallerLeaves(() -> taken.result().cancel(false)); // of no effect on a result
            return response(taken.result().get(), served.version());
        });
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
                            .setTokenizer(served.publication().tokenizer().name())
                            .setMode(OperatorEndpoint.mode(models))
                            .setPrecision(served.precision().label())
                            .build());
        } catch (Unserved e) {
            if (e.reason() == Unserved.Reason.NOT_YET) {
                return Uni.createFrom()
                        .item(GetModelResponse.newBuilder()
                                .setModel(request.getModel())
                                .setMode(OperatorEndpoint.mode(models))
                                .build()); // version 0
            }
            throw Statuses.refused(e).asRuntimeException();
        } catch (IllegalArgumentException e) {
            throw Statuses.refused(e).asRuntimeException();
        }
    }
}
