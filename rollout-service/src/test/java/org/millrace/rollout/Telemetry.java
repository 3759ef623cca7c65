package org.millrace.rollout;

import io.opentelemetry.api.OpenTelemetry;
import io.quarkus.opentelemetry.runtime.config.runtime.OTelRuntimeConfig;
import io.quarkus.opentelemetry.runtime.tracing.intrumentation.grpc.GrpcTracingClientInterceptor;
import io.smallrye.config.SmallRyeConfigBuilder;

/// What the framework gives to a worker for its traces.
public final class Telemetry {

    /// As they are once traces are on.
    public static final OTelRuntimeConfig SETTINGS = new SmallRyeConfigBuilder()
            .addDefaultInterceptors()
            .addDiscoveredConverters()
            .withMapping(OTelRuntimeConfig.class)
            .build()
            .getConfigMapping(OTelRuntimeConfig.class);

    private Telemetry() {}

    public static GrpcTracingClientInterceptor calls(OpenTelemetry sdk) {
        return new GrpcTracingClientInterceptor(sdk, SETTINGS);
    }
}
