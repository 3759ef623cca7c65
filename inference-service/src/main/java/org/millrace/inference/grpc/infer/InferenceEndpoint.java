package org.millrace.inference.grpc.infer;

import io.grpc.Status;
import io.quarkus.grpc.GrpcService;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.util.concurrent.CompletableFuture;
import org.millrace.inference.Overloaded;
import org.millrace.inference.Served;
import org.millrace.inference.Unserved;
import org.millrace.inference.grpc.Departures;
import org.millrace.inference.grpc.OwnThread;
import org.millrace.inference.grpc.PolicyRequests;
import org.millrace.inference.grpc.Statuses;
import org.millrace.proto.inference.GRPCInferenceService;
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

    @Override
    public Uni<ModelInferResponse> modelInfer(ModelInferRequest request) {
        return OwnThread.answer(() -> {
            InferRequest<WholeAnswer> taken = take(request);
            CompletableFuture<Void> ended = WholeAnswer.ended(taken);
            Departures.whenThisCallerLeaves(() -> ended.cancel(false));
            ended.get();
            return taken.response(
                    taken.answers().stream().map(WholeAnswer::drawn).toList());
        });
    }

    private InferRequest<WholeAnswer> take(ModelInferRequest request) {
        try {
            InferInputs inputs = InferInputs.of(request);
            if (inputs.streamed()) {
                throw new IllegalArgumentException(
                        "stream: expected false, as only ModelStreamInfer streams, got true");
            }
            return server.take(request, inputs, prompt -> new WholeAnswer());
        } catch (IllegalArgumentException | Unserved | Overloaded e) {
            throw refusal(e, "model_name").asRuntimeException();
        }
    }

    @Override
    public Multi<ModelStreamInferResponse> modelStreamInfer(Multi<ModelInferRequest> requests) {
        var stream = new InferStream(server);
        return requests.onItem()
                .transformToMulti(request ->
                        Multi.createFrom().<ModelStreamInferResponse>emitter(out -> stream.answer(request, out)))
                .merge(Integer.MAX_VALUE); // what is too much is refused in its turn, not kept waiting
    }

    /// @param name of the field by which the request names its model; the one beside it has the version
    static Status refusal(Exception e, String name) {
        return Statuses.refused(
                e,
                String.valueOf(e.getMessage())
                        .replaceFirst("^model:", name + ":")
                        .replaceFirst("^version:", name.replace("name", "version") + ":"));
    }
}
