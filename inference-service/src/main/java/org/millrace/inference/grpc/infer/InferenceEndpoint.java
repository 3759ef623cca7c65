package org.millrace.inference.grpc.infer;

import io.grpc.Status;
import io.quarkus.grpc.GrpcService;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.MultiEmitter;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.millrace.inference.Drawn;
import org.millrace.inference.Overloaded;
import org.millrace.inference.Served;
import org.millrace.inference.Unserved;
import org.millrace.inference.grpc.Departures;
import org.millrace.inference.grpc.PolicyRequests;
import org.millrace.inference.grpc.Statuses;
import org.millrace.proto.inference.GRPCInferenceService;
import org.millrace.proto.inference.InferParameter;
import org.millrace.proto.inference.ModelInferRequest;
import org.millrace.proto.inference.ModelInferResponse;
import org.millrace.proto.inference.ModelMetadataRequest;
import org.millrace.proto.inference.ModelMetadataResponse;
import org.millrace.proto.inference.ModelReadyRequest;
import org.millrace.proto.inference.ModelReadyResponse;
import org.millrace.proto.inference.ModelStreamInferResponse;
import org.millrace.proto.inference.RepositoryIndexRequest;
import org.millrace.proto.inference.RepositoryIndexResponse;
import org.millrace.proto.inference.ServerLiveRequest;
import org.millrace.proto.inference.ServerLiveResponse;
import org.millrace.proto.inference.ServerMetadataRequest;
import org.millrace.proto.inference.ServerMetadataResponse;
import org.millrace.proto.inference.ServerReadyRequest;
import org.millrace.proto.inference.ServerReadyResponse;

/// The protocol over gRPC. Prompts in; whole answers out, or pieces of one in Triton's stream. The same engines as
/// PolicyService's.
@GrpcService
class InferenceEndpoint implements GRPCInferenceService {

    /// Requests of one stream that may be open at the same time. No stream is slowed down on its way to us, so more of
    /// them would pile up here.
    private static final int MOST_AT_ONCE = 64;

    /// Responses are put together here, so that no caller slows the engine.
    private static final Executor ANSWERS =
            task -> Thread.ofVirtual().name("answers").start(task);

    private final InferenceServer server;

    InferenceEndpoint(InferenceServer server) {
        this.server = server;
    }

    @Override
    public Uni<ServerLiveResponse> serverLive(ServerLiveRequest request) {
        return Uni.createFrom()
                .item(ServerLiveResponse.newBuilder().setLive(true).build());
    }

    @Override
    public Uni<ServerReadyResponse> serverReady(ServerReadyRequest request) {
        return server.isReady()
                .map(ready -> ServerReadyResponse.newBuilder().setReady(ready).build());
    }

    @Override
    public Uni<ServerMetadataResponse> serverMetadata(ServerMetadataRequest request) {
        return Uni.createFrom().item(server.metadata());
    }

    @Override
    public Uni<ModelReadyResponse> modelReady(ModelReadyRequest request) {
        boolean ready;
        try {
            Served served = server.find(request.getName(), request.getVersion());
            ready = server.whyNotReady(served).isEmpty();
        } catch (Unserved e) {
            ready = false;
        } catch (IllegalArgumentException e) {
            throw refusal(e, "name").asRuntimeException();
        }
        return Uni.createFrom()
                .item(ModelReadyResponse.newBuilder().setReady(ready).build());
    }

    @Override
    public Uni<ModelMetadataResponse> modelMetadata(ModelMetadataRequest request) {
        try {
            Served served = server.find(request.getName(), request.getVersion());
            return Uni.createFrom().item(server.metadata(served));
        } catch (IllegalArgumentException | Unserved e) {
            throw refusal(e, "name").asRuntimeException();
        }
    }

    @Override
    public Uni<RepositoryIndexResponse> repositoryIndex(RepositoryIndexRequest request) {
        if (!request.getRepositoryName().isEmpty()) {
            throw Status.INVALID_ARGUMENT
                    .withDescription("repository_name: expected none, got \"%s\""
                            .formatted(PolicyRequests.shown(request.getRepositoryName())))
                    .asRuntimeException();
        }
        return Uni.createFrom().item(server.index(request.getReady()));
    }

    /// Nothing here waits: prompts are encoded, and the answers come on a thread of their own. Why
    /// not by `@RunOnVirtualThread`: see PolicyEndpoint.
    @Override
    public Uni<ModelInferResponse> modelInfer(ModelInferRequest request) {
        try {
            InferInputs inputs = InferInputs.of(request);
            if (inputs.streamed()) {
                throw new IllegalArgumentException(
                        "stream: expected false, as only ModelStreamInfer streams, got true");
            }
            InferRequest<WholeAnswer> taken = server.take(request, inputs, prompt -> new WholeAnswer());
            Departures.whenThisCallerLeaves(taken::cancel);
            return answer(taken);
        } catch (IllegalArgumentException | Unserved | Overloaded e) {
            throw refusal(e, "model_name").asRuntimeException();
        }
    }

    private static Uni<ModelInferResponse> answer(InferRequest<WholeAnswer> taken) {
        CompletableFuture<Void> ended = CompletableFuture.allOf(
                taken.answers().stream().map(WholeAnswer::ended).toArray(CompletableFuture<?>[]::new));
        Departures.whenThisCallerLeaves(() -> ended.cancel(false)); // of no effect where all have ended
        return Uni.createFrom()
                .completionStage(ended.thenApplyAsync(
                        all -> taken.response(
                                taken.answers().stream().map(WholeAnswer::drawn).toList()),
                        ANSWERS))
                .onFailure(e -> cause(e) instanceof CancellationException)
                .recoverWithUni(Uni.createFrom().nothing()) // who has gone gets no last word: see Departures
                .onFailure()
                .transform(e -> Statuses.unanswered(cause(e)).asRuntimeException());
    }

    /// Requests of one stream are answered side by side, each in its order; a mistake in one is told in its place and
    /// ends nothing. Clients tell by `triton_final_response` that nothing more follows.
    @Override
    public Multi<ModelStreamInferResponse> modelStreamInfer(Multi<ModelInferRequest> requests) {
        Set<Runnable> leaving = ConcurrentHashMap.newKeySet();
        Departures.whenThisCallerLeaves(() -> leaving.forEach(Runnable::run));
        return requests.onItem()
                .transformToMulti(request ->
                        Multi.createFrom().<ModelStreamInferResponse>emitter(out -> stream(request, leaving, out)))
                .merge(Integer.MAX_VALUE); // what is too much is refused in its turn, not kept waiting
    }

    private void stream(
            ModelInferRequest request, Set<Runnable> leaving, MultiEmitter<? super ModelStreamInferResponse> out) {
        if (leaving.size() >= MOST_AT_ONCE) {
            refuse(
                    request,
                    Status.RESOURCE_EXHAUSTED.withDescription(
                            "stream: expected at most %d open requests, got one more".formatted(MOST_AT_ONCE)),
                    out);
            return;
        }
        try {
            InferInputs inputs = InferInputs.of(request);
            InferRequest<PiecedAnswer> taken = server.take(request, inputs, prompt -> new PiecedAnswer());
            Runnable leave = () -> {
                taken.cancel();
                taken.answers().forEach(PiecedAnswer::leave);
            };
            leaving.add(leave);
            out.onTermination(() -> {
                leaving.remove(leave);
                leave.run(); // of no effect on answers that have ended
            });
            ANSWERS.execute(() -> send(taken, inputs.streamed(), () -> leaving.remove(leave), out));
        } catch (IllegalArgumentException | Unserved | Overloaded e) {
            refuse(request, refusal(e, "model_name"), out);
        }
    }

    /// @param ends makes room for the next request, before the caller can know that this one has ended
    private static void send(
            InferRequest<PiecedAnswer> taken,
            boolean streamed,
            Runnable ends,
            MultiEmitter<? super ModelStreamInferResponse> out) {
        try {
            List<List<Drawn>> whole = new ArrayList<>();
            for (PiecedAnswer answer : taken.answers()) {
                List<Drawn> drawn = new ArrayList<>();
                List<Throwable> failure = answer.pump(piece -> {
                    drawn.addAll(piece);
                    if (streamed) {
                        boolean last = piece.getLast().finish() != null;
                        if (last) {
                            ends.run();
                        }
                        out.emit(streamed(taken.response(List.of(piece)), last));
                    }
                });
                if (!failure.isEmpty()) {
                    ends.run();
                    if (!(failure.getFirst() instanceof CancellationException)) { // who has gone gets no last word
                        out.emit(failed(taken.id(), Statuses.unanswered(failure.getFirst())));
                        out.complete();
                    }
                    taken.cancel();
                    return;
                }
                whole.add(drawn);
            }
            if (!streamed) {
                ends.run();
                out.emit(streamed(taken.response(whole), true));
            }
            out.complete();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            out.fail(Status.CANCELLED.withDescription("interrupted").asRuntimeException());
        }
    }

    private static ModelStreamInferResponse streamed(ModelInferResponse response, boolean last) {
        return ModelStreamInferResponse.newBuilder()
                .setInferResponse(marked(response, last))
                .build();
    }

    private static ModelInferResponse marked(ModelInferResponse response, boolean last) {
        return response.toBuilder()
                .putParameters(
                        "triton_final_response",
                        InferParameter.newBuilder().setBoolParam(last).build())
                .build();
    }

    private static void refuse(
            ModelInferRequest request, Status status, MultiEmitter<? super ModelStreamInferResponse> out) {
        out.emit(failed(request.getId(), status));
        out.complete();
    }

    private static ModelStreamInferResponse failed(String id, Status status) {
        return ModelStreamInferResponse.newBuilder()
                .setErrorMessage("%s: %s".formatted(status.getCode(), String.valueOf(status.getDescription())))
                .setInferResponse(
                        marked(ModelInferResponse.newBuilder().setId(id).build(), true))
                .build();
    }

    /// What a chain of futures wrapped.
    private static Throwable cause(Throwable e) {
        Throwable cause = e.getCause();
        return e instanceof CompletionException && cause != null ? cause : e;
    }

    /// @param name of the field by which the request names its model; the one beside it has the version
    private static Status refusal(Exception e, String name) {
        return Statuses.refused(
                e,
                String.valueOf(e.getMessage())
                        .replaceFirst("^model:", name + ":")
                        .replaceFirst("^version:", name.replace("name", "version") + ":"));
    }
}
