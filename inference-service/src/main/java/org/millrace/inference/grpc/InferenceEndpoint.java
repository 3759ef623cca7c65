package org.millrace.inference.grpc;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.quarkus.grpc.GrpcService;
import io.quarkus.runtime.ApplicationConfig;
import io.smallrye.health.SmallRyeHealthReporter;
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
import java.util.function.Supplier;
import org.millrace.inference.Drawn;
import org.millrace.inference.Generation;
import org.millrace.inference.Mode;
import org.millrace.inference.Models;
import org.millrace.inference.Overloaded;
import org.millrace.inference.Served;
import org.millrace.inference.Unserved;
import org.millrace.inference.http.RequestMetrics;
import org.millrace.proto.inference.GRPCInferenceService;
import org.millrace.proto.inference.InferParameter;
import org.millrace.proto.inference.ModelInferRequest;
import org.millrace.proto.inference.ModelInferResponse;
import org.millrace.proto.inference.ModelMetadataRequest;
import org.millrace.proto.inference.ModelMetadataResponse;
import org.millrace.proto.inference.ModelMetadataResponse.TensorMetadata;
import org.millrace.proto.inference.ModelReadyRequest;
import org.millrace.proto.inference.ModelReadyResponse;
import org.millrace.proto.inference.ModelStreamInferResponse;
import org.millrace.proto.inference.RepositoryIndexRequest;
import org.millrace.proto.inference.RepositoryIndexResponse;
import org.millrace.proto.inference.RepositoryIndexResponse.ModelIndex;
import org.millrace.proto.inference.ServerLiveRequest;
import org.millrace.proto.inference.ServerLiveResponse;
import org.millrace.proto.inference.ServerMetadataRequest;
import org.millrace.proto.inference.ServerMetadataResponse;
import org.millrace.proto.inference.ServerReadyRequest;
import org.millrace.proto.inference.ServerReadyResponse;

/// The Open Inference Protocol's face of [Models]: the same engines as [PolicyEndpoint], for
/// clients that know Triton or KServe. Prompts in; whole answers out, or pieces of one in Triton's stream.
@GrpcService
class InferenceEndpoint implements GRPCInferenceService {

    private static final String PLATFORM = "onnxruntime";

    /// Requests of one stream that may be open at the same time. No stream is slowed down on its way to us, so more of
    /// them would pile up here.
    private static final int MOST_AT_ONCE = 64;

    /// Responses are put together here, so that no caller slows the engine.
    private static final Executor ANSWERS =
            task -> Thread.ofVirtual().name("answers").start(task);

    private final Models models;
    private final RequestMetrics metrics;
    private final SmallRyeHealthReporter health;
    private final ServerMetadataResponse server;

    InferenceEndpoint(
            Models models, RequestMetrics metrics, SmallRyeHealthReporter health, ApplicationConfig application) {
        this.models = models;
        this.metrics = metrics;
        this.health = health;
        this.server = ServerMetadataResponse.newBuilder()
                .setName("millrace")
                .addExtensions("model_repository")
                .setVersion(application.version().orElse(""))
                .build();
    }

    @Override
    public Uni<ServerLiveResponse> serverLive(ServerLiveRequest request) {
        return Uni.createFrom()
                .item(ServerLiveResponse.newBuilder().setLive(true).build());
    }

    @Override
    public Uni<ServerReadyResponse> serverReady(ServerReadyRequest request) {
        return health.getReadinessAsync().map(checks -> ServerReadyResponse.newBuilder()
                .setReady(!checks.isDown())
                .build());
    }

    @Override
    public Uni<ServerMetadataResponse> serverMetadata(ServerMetadataRequest request) {
        return Uni.createFrom().item(server);
    }

    @Override
    public Uni<ModelReadyResponse> modelReady(ModelReadyRequest request) {
        boolean ready;
        try {
            Served served = models.find(request.getName());
            ready = models.mode() == Mode.SERVING && isVersion(request.getVersion(), served);
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
            Served served = models.find(request.getName());
            checkVersion("version", request.getVersion(), served);
            return Uni.createFrom().item(metadata(served));
        } catch (IllegalArgumentException | Unserved e) {
            throw refusal(e, "name").asRuntimeException();
        }
    }

    private static ModelMetadataResponse metadata(Served served) {
        var metadata = ModelMetadataResponse.newBuilder()
                .setName(served.name())
                .addVersions(Long.toString(served.version()))
                .setPlatform(PLATFORM);
        for (InferTensor.Kind input : InferTensor.Kind.values()) {
            metadata.addInputs(tensor(input.tensor(), input.datatypes().getFirst(), input.shape()));
        }
        for (InferOutput output : InferOutput.values()) {
            metadata.addOutputs(tensor(output.tensor(), output.datatype(), output.shape(-1, -1)));
        }
        return metadata.build();
    }

    private static TensorMetadata tensor(String name, String datatype, List<Long> shape) {
        return TensorMetadata.newBuilder()
                .setName(name)
                .setDatatype(datatype)
                .addAllShape(shape)
                .build();
    }

    @Override
    public Uni<RepositoryIndexResponse> repositoryIndex(RepositoryIndexRequest request) {
        if (!request.getRepositoryName().isEmpty()) {
            throw Status.INVALID_ARGUMENT
                    .withDescription("repository_name: expected none, got \"%s\""
                            .formatted(PolicyRequests.shown(request.getRepositoryName())))
                    .asRuntimeException();
        }
        var index = RepositoryIndexResponse.newBuilder();
        for (Served served : models.all()) {
            String reason = whyNotReady(served);
            if (!request.getReady() || reason.isEmpty()) {
                index.addModels(ModelIndex.newBuilder()
                        .setName(served.name())
                        .setVersion(Long.toString(served.version()))
                        .setState(reason.isEmpty() ? "READY" : "UNAVAILABLE")
                        .setReason(reason));
            }
        }
        return Uni.createFrom().item(index.build());
    }

    /// Empty: it is ready.
    private String whyNotReady(Served served) {
        if (served.engine().isBroken()) {
            return "broke down, and is served again after a new start";
        }
        return switch (models.mode()) {
            case SERVING -> "";
            case PAUSED -> "paused";
            case DRAINING -> "draining";
        };
    }

    /// Nothing here waits: prompts are encoded, and the answers come on a thread of their own. Why
    /// not by `@RunOnVirtualThread`: see [PolicyEndpoint].
    @Override
    public Uni<ModelInferResponse> modelInfer(ModelInferRequest request) {
        try {
            InferInputs inputs = InferInputs.of(request);
            if (inputs.streamed()) {
                throw new IllegalArgumentException(
                        "stream: expected false, as only ModelStreamInfer streams, got true");
            }
            InferRequest<WholeAnswer> taken = take(request, inputs, WholeAnswer::new);
            Departures.whenThisCallerLeaves(taken::cancel);
            return answer(taken);
        } catch (IllegalArgumentException | Unserved | Overloaded e) {
            throw refusal(e, "model_name").asRuntimeException();
        }
    }

    private <A extends Generation.Listener> InferRequest<A> take(
            ModelInferRequest request, InferInputs inputs, Supplier<A> answer) throws Unserved, Overloaded {
        InferRequest<A> taken;
        do { // once more if a newer version took over just now
            Served served = models.take(request.getModelName());
            checkVersion("model_version", request.getModelVersion(), served);
            taken = InferRequest.of(request, inputs, served, metrics, answer);
        } while (!taken.served().engine().submit(taken.generations()));
        return taken;
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
                .transform(e -> PolicyEndpoint.unanswered(cause(e)).asRuntimeException());
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
            Supplier<PiecedAnswer> pieces = PiecedAnswer::new;
            InferRequest<PiecedAnswer> taken = take(request, inputs, pieces);
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
        } catch (StatusRuntimeException e) {
            refuse(request, e.getStatus(), out);
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
                        out.emit(failed(taken.id(), PolicyEndpoint.unanswered(failure.getFirst())));
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

    /// Versions are text in this protocol; one that is no number is one that nobody serves.
    private static boolean isVersion(String version, Served served) {
        return version.isEmpty() || version.equals(Long.toString(served.version()));
    }

    private static void checkVersion(String field, String version, Served served) {
        if (!isVersion(version, served)) {
            throw Status.NOT_FOUND
                    .withDescription("%s: expected %d, got \"%s\""
                            .formatted(field, served.version(), PolicyRequests.shown(version)))
                    .asRuntimeException();
        }
    }

    /// @param field by which the request names its model
    private static Status refusal(Exception e, String field) {
        return PolicyEndpoint.status(e)
                .withDescription(String.valueOf(e.getMessage()).replaceFirst("^model:", field + ":"));
    }
}
