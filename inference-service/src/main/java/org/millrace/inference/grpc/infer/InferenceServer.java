package org.millrace.inference.grpc.infer;

import io.quarkus.runtime.ApplicationConfig;
import io.smallrye.health.SmallRyeHealthReporter;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.function.IntFunction;
import org.millrace.inference.Generation;
import org.millrace.inference.Models;
import org.millrace.inference.Overloaded;
import org.millrace.inference.Served;
import org.millrace.inference.Unserved;
import org.millrace.inference.grpc.PolicyRequests;
import org.millrace.inference.http.RequestMetrics;
import org.millrace.proto.inference.ModelInferRequest;
import org.millrace.proto.inference.ModelMetadataResponse;
import org.millrace.proto.inference.ModelMetadataResponse.TensorMetadata;
import org.millrace.proto.inference.RepositoryIndexResponse;
import org.millrace.proto.inference.RepositoryIndexResponse.ModelIndex;
import org.millrace.proto.inference.ServerMetadataResponse;

/// [Models] as the protocol sees them: what both of its faces say, and how both take requests.
@Singleton
class InferenceServer {

    private static final String PLATFORM = "onnxruntime";

    private final Models models;
    private final RequestMetrics metrics;
    private final SmallRyeHealthReporter health;
    private final ServerMetadataResponse metadata;

    InferenceServer(
            Models models, RequestMetrics metrics, SmallRyeHealthReporter health, ApplicationConfig application) {
        this.models = models;
        this.metrics = metrics;
        this.health = health;
        this.metadata = ServerMetadataResponse.newBuilder()
                .setName("millrace")
                .addExtensions("model_repository")
                .addExtensions("binary_tensor_data")
                .setVersion(application.version().orElse(""))
                .build();
    }

    ServerMetadataResponse metadata() {
        return metadata;
    }

    Uni<Boolean> isReady() {
        return health.getReadinessAsync().map(checks -> !checks.isDown());
    }

    /// @param version decimal; empty: whichever is served
    /// @throws IllegalArgumentException if a name is needed to choose
    Served find(String name, String version) throws Unserved {
        return checked(models.find(name), version);
    }

    /// Versions are text in this protocol; one that is no number is one that nobody serves.
    private static Served checked(Served served, String version) throws Unserved {
        if (!version.isEmpty() && !version.equals(Long.toString(served.version()))) {
            throw new Unserved(
                    Unserved.Reason.UNKNOWN,
                    "version: expected %d, got \"%s\"".formatted(served.version(), PolicyRequests.shown(version)));
        }
        return served;
    }

    /// Empty: it is ready.
    String whyNotReady(Served served) {
        if (served.engine().isBroken()) {
            return "broke down, and is served again after a new start";
        }
        return switch (models.mode()) {
            case SERVING -> "";
            case PAUSED -> "paused";
            case DRAINING -> "draining";
        };
    }

    ModelMetadataResponse metadata(Served served) {
        var model = ModelMetadataResponse.newBuilder()
                .setName(served.name())
                .addVersions(Long.toString(served.version()))
                .setPlatform(PLATFORM);
        for (InferTensor.Kind input : InferTensor.Kind.values()) {
            model.addInputs(tensor(input.tensor(), input.datatypes().getFirst(), input.shape()));
        }
        for (InferOutput output : InferOutput.values()) {
            model.addOutputs(tensor(output.tensor(), output.datatype(), output.shape(-1, -1)));
        }
        return model.build();
    }

    private static TensorMetadata tensor(String name, String datatype, List<Long> shape) {
        return TensorMetadata.newBuilder()
                .setName(name)
                .setDatatype(datatype)
                .addAllShape(shape)
                .build();
    }

    /// @param ready whether only models are wanted that are
    RepositoryIndexResponse index(boolean ready) {
        var index = RepositoryIndexResponse.newBuilder();
        for (Served served : models.all()) {
            String reason = whyNotReady(served);
            if (!ready || reason.isEmpty()) {
                index.addModels(ModelIndex.newBuilder()
                        .setName(served.name())
                        .setVersion(Long.toString(served.version()))
                        .setState(reason.isEmpty() ? "READY" : "UNAVAILABLE")
                        .setReason(reason));
            }
        }
        return index.build();
    }

    /// Leaves a request with the engine of its model. Nothing here waits.
    ///
    /// @param answer as of [InferRequest#of]
    /// @throws IllegalArgumentException naming field, expectation and value
    <A extends Generation.Listener> InferRequest<A> take(
            ModelInferRequest request, InferInputs inputs, IntFunction<A> answer) throws Unserved, Overloaded {
        InferRequest<A> taken;
        do { // once more if a newer version took over just now
            Served served = checked(models.take(request.getModelName()), request.getModelVersion());
            taken = InferRequest.of(request, inputs, served, metrics, answer);
        } while (!taken.served().engine().submit(taken.generations()));
        return taken;
    }
}
