package org.millrace.inference.grpc;

import io.quarkus.grpc.GrpcService;
import io.smallrye.mutiny.Uni;
import org.jboss.logging.Logger;
import org.millrace.inference.Mode;
import org.millrace.inference.Models;
import org.millrace.proto.policy.v1.DrainRequest;
import org.millrace.proto.policy.v1.DrainResponse;
import org.millrace.proto.policy.v1.GetStatusRequest;
import org.millrace.proto.policy.v1.GetStatusResponse;
import org.millrace.proto.policy.v1.OperatorService;
import org.millrace.proto.policy.v1.PauseRequest;
import org.millrace.proto.policy.v1.PauseResponse;
import org.millrace.proto.policy.v1.ResumeRequest;
import org.millrace.proto.policy.v1.ResumeResponse;
import org.millrace.proto.policy.v1.ServingMode;
import org.millrace.proto.policy.v1.ServingStatus;

/// The operators' face of [Models].
@GrpcService
class OperatorEndpoint implements OperatorService {

    private static final Logger LOGGER = Logger.getLogger(OperatorEndpoint.class);

    private final Models models;

    OperatorEndpoint(Models models) {
        this.models = models;
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
        return status();
    }

    private ServingStatus status() {
        return ServingStatus.newBuilder()
                .setMode(mode(models))
                .setRunning(models.running())
                .setWaiting(models.waiting())
                .build();
    }

    static ServingMode mode(Models models) {
        return switch (models.mode()) {
            case SERVING -> ServingMode.SERVING_MODE_SERVING;
            case PAUSED -> ServingMode.SERVING_MODE_PAUSED;
            case DRAINING -> ServingMode.SERVING_MODE_DRAINING;
        };
    }
}
