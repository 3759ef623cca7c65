package org.millrace.inference.grpc;

import grpc.health.v1.HealthOuterClass.HealthCheckResponse;
import io.quarkus.grpc.GrpcService;
import io.quarkus.grpc.runtime.health.GrpcHealthStorage;
import io.smallrye.mutiny.Uni;
import java.util.Comparator;
import java.util.List;
import org.jboss.logging.Logger;
import org.millrace.inference.Mode;
import org.millrace.inference.Models;
import org.millrace.inference.Served;
import org.millrace.proto.inference.GRPCInferenceServiceGrpc;
import org.millrace.proto.policy.v1.DrainRequest;
import org.millrace.proto.policy.v1.DrainResponse;
import org.millrace.proto.policy.v1.GetStatusRequest;
import org.millrace.proto.policy.v1.GetStatusResponse;
import org.millrace.proto.policy.v1.ModelStatus;
import org.millrace.proto.policy.v1.OperatorService;
import org.millrace.proto.policy.v1.PauseRequest;
import org.millrace.proto.policy.v1.PauseResponse;
import org.millrace.proto.policy.v1.PolicyServiceGrpc;
import org.millrace.proto.policy.v1.ResumeRequest;
import org.millrace.proto.policy.v1.ResumeResponse;
import org.millrace.proto.policy.v1.ServingMode;
import org.millrace.proto.policy.v1.ServingStatus;

/// The operators' face of [Models].
@GrpcService
class OperatorEndpoint implements OperatorService {

    private static final Logger LOGGER = Logger.getLogger(OperatorEndpoint.class);

    /// What gRPC's health tells of; empty: of the server as a whole. Operators are served in any mode.
    private static final List<String> FOR_CALLERS = List.of(
            GrpcHealthStorage.DEFAULT_SERVICE_NAME,
            PolicyServiceGrpc.SERVICE_NAME,
            GRPCInferenceServiceGrpc.SERVICE_NAME);

    private final Models models;
    private final GrpcHealthStorage health;

    OperatorEndpoint(Models models, GrpcHealthStorage health) {
        this.models = models;
        this.health = health;
    }

    @Override
    public Uni<PauseResponse> pause(PauseRequest request) {
        return Uni.createFrom()
                .item(PauseResponse.newBuilder().setStatus(enter(Mode.PAUSED)).build());
    }

    @Override
    public Uni<ResumeResponse> resume(ResumeRequest request) {
        return Uni.createFrom()
                .item(ResumeResponse.newBuilder().setStatus(enter(Mode.SERVING)).build());
    }

    @Override
    public Uni<DrainResponse> drain(DrainRequest request) {
        return Uni.createFrom()
                .item(DrainResponse.newBuilder().setStatus(enter(Mode.DRAINING)).build());
    }

    @Override
    public Uni<GetStatusResponse> getStatus(GetStatusRequest request) {
        return Uni.createFrom()
                .item(GetStatusResponse.newBuilder().setStatus(status()).build());
    }

    private ServingStatus enter(Mode mode) {
        if (models.mode() != mode) {
            LOGGER.infof("mode=%s, was %s: an operator says so", mode, models.mode());
        }
        models.enter(mode);
        var served = mode == Mode.SERVING
                ? HealthCheckResponse.ServingStatus.SERVING
                : HealthCheckResponse.ServingStatus.NOT_SERVING;
        FOR_CALLERS.forEach(service -> health.setStatus(service, served));
        return status();
    }

    private ServingStatus status() {
        int waiting = models.waiting(); // first: who leaves the queue is counted among the running at once
        var status = ServingStatus.newBuilder()
                .setMode(mode(models))
                .setRunning(models.running())
                .setWaiting(waiting);
        models.all().stream()
                .sorted(Comparator.comparing(Served::name))
                .forEach(served -> status.addModels(ModelStatus.newBuilder()
                        .setName(served.name())
                        .setVersion(served.version())
                        .setPrecision(served.precision().label())));
        return status.build();
    }

    static ServingMode mode(Models models) {
        return switch (models.mode()) {
            case SERVING -> ServingMode.SERVING_MODE_SERVING;
            case PAUSED -> ServingMode.SERVING_MODE_PAUSED;
            case DRAINING -> ServingMode.SERVING_MODE_DRAINING;
        };
    }
}
