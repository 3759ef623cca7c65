package org.millrace.rollout.grpc;

import io.grpc.ClientInterceptor;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.util.concurrent.TimeUnit;

/// Opens channels that notice a silent server and spread calls over all addresses of a name.
public final class Channels {

    private static final int MAX_MESSAGE_BYTES = 16 << 20;

    private Channels() {}

    /// Does not connect yet: the first call does, and later ones connect again when it broke.
    ///
    /// @param target `host:port`, or any gRPC target
    /// @param tracing makes the spans of calls
    public static ManagedChannel open(String target, ClientInterceptor tracing) {
        return NettyChannelBuilder.forTarget(target)
                .usePlaintext()
                .defaultLoadBalancingPolicy("round_robin")
                .keepAliveTime(30, TimeUnit.SECONDS)
                .keepAliveTimeout(10, TimeUnit.SECONDS)
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .intercept(tracing)
                .build();
    }

    /// Calls that are under way are cut off.
    public static void close(ManagedChannel channel) throws InterruptedException {
        if (!channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS)) {
            throw new IllegalStateException("channel to " + channel.authority() + " still open after 5 s");
        }
    }
}
