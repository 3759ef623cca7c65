package org.millrace.rollout.grpc;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.opentelemetry.api.OpenTelemetry;
import io.quarkus.opentelemetry.runtime.config.runtime.OTelRuntimeConfig;
import io.quarkus.opentelemetry.runtime.tracing.intrumentation.grpc.GrpcTracingClientInterceptor;
import java.util.concurrent.TimeUnit;
import org.millrace.events.Traces;

/// Opens channels that notice a silent server and spread calls over all addresses of a name.
public final class Channels {

    private static final int MAX_MESSAGE_BYTES = 16 << 20;

    private Channels() {}

    /// Does not connect yet: the first call does, and later ones connect again when it broke.
    ///
    /// @param target `host:port`, or any gRPC target
    /// @param traces whether calls have spans
    public static ManagedChannel open(String target, OpenTelemetry telemetry, OTelRuntimeConfig traces) {
        OpenTelemetry sdk = Traces.unless(traces.sdkDisabled(), telemetry);
        return NettyChannelBuilder.forTarget(target)
                .usePlaintext()
                .defaultLoadBalancingPolicy("round_robin")
                .keepAliveTime(30, TimeUnit.SECONDS)
                .keepAliveTimeout(10, TimeUnit.SECONDS)
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .intercept(new GrpcTracingClientInterceptor(sdk, traces))
                .build();
    }

    /// Calls that are under way are cut off.
    public static void close(ManagedChannel channel) throws InterruptedException {
        if (!channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS)) {
            throw new IllegalStateException("channel to " + channel.authority() + " still open after 5 s");
        }
    }
}
