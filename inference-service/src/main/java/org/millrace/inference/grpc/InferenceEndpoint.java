package org.millrace.inference.grpc;

import io.grpc.Status;
import io.quarkus.grpc.GrpcService;
import io.quarkus.runtime.ApplicationConfig;
import io.smallrye.health.SmallRyeHealthReporter;
import io.smallrye.mutiny.Uni;
import java.util.Arrays;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import org.millrace.inference.Models;
import org.millrace.inference.Overloaded;
import org.millrace.inference.Served;
import org.millrace.inference.Unserved;
import org.millrace.inference.http.RequestMetrics;
import org.millrace.proto.inference.GRPCInferenceService;
import org.millrace.proto.inference.ModelInferRequest;
import org.millrace.proto.inference.ModelInferResponse;
import org.millrace.proto.inference.ModelMetadataRequest;
import org.millrace.proto.inference.ModelMetadataResponse;
import org.millrace.proto.inference.ModelMetadataResponse.TensorMetadata;
import org.millrace.proto.inference.ModelReadyRequest;
import org.millrace.proto.inference.ModelReadyResponse;
import org.millrace.proto.inference.ServerLiveRequest;
import org.millrace.proto.inference.ServerLiveResponse;
import org.millrace.proto.inference.ServerMetadataRequest;
import org.millrace.proto.inference.ServerMetadataResponse;
import org.millrace.proto.inference.ServerReadyRequest;
import org.millrace.proto.inference.ServerReadyResponse;

/// The Open Inference Protocol's face of [Models]: the same engines as [PolicyEndpoint], for
/// clients that know Triton or KServe. Texts in, whole texts out.
@GrpcService
class InferenceEndpoint implements GRPCInferenceService {

    private static final String PLATFORM = "onnxruntime";

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
            ready = isVersion(request.getVersion(), served);
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
                .setPlatform(PLATFORM)
                .addInputs(tensor(InferPrompts.TENSOR, InferPrompts.DATATYPE));
        Arrays.stream(InferOutput.values())
                .forEach(output -> metadata.addOutputs(tensor(output.tensor(), output.datatype())));
        return metadata.build();
    }

    private static TensorMetadata tensor(String name, String datatype) {
        return TensorMetadata.newBuilder()
                .setName(name)
                .setDatatype(datatype)
                .addShape(-1)
                .build();
    }

    /// Nothing here waits: prompts are encoded, and the answers come on a thread of their own. Why
    /// not by `@RunOnVirtualThread`: see [PolicyEndpoint].
    @Override
    public Uni<ModelInferResponse> modelInfer(ModelInferRequest request) {
        try {
            InferRequest taken;
            do { // once more if a newer version took over just now
                Served served = models.find(request.getModelName());
                checkVersion("model_version", request.getModelVersion(), served);
                taken = InferRequest.of(request, served, metrics);
            } while (!taken.served().engine().submit(taken.generations()));
            return answer(taken);
        } catch (IllegalArgumentException | Unserved | Overloaded e) {
            throw refusal(e, "model_name").asRuntimeException();
        }
    }

    private static Uni<ModelInferResponse> answer(InferRequest taken) {
        CompletableFuture<Void> ended = CompletableFuture.allOf(
                taken.answers().stream().map(WholeAnswer::ended).toArray(CompletableFuture<?>[]::new));
        Departures.whenThisCallerLeaves(() -> {
            taken.cancel();
            ended.cancel(false); // of no effect where all have ended
        });
        return Uni.createFrom()
                .completionStage(ended.thenApplyAsync(all -> taken.response(), ANSWERS))
                .onFailure(e -> cause(e) instanceof CancellationException)
                .recoverWithUni(Uni.createFrom().nothing()) // who has gone gets no last word: see Departures
                .onFailure()
                .transform(e -> PolicyEndpoint.unanswered(cause(e)).asRuntimeException());
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
                    .withDescription("%s: expected %d, got \"%s\"".formatted(field, served.version(), version))
                    .asRuntimeException();
        }
    }

    /// @param field by which the request names its model
    private static Status refusal(Exception e, String field) {
        return PolicyEndpoint.status(e)
                .withDescription(String.valueOf(e.getMessage()).replaceFirst("^model:", field + ":"));
    }
}
