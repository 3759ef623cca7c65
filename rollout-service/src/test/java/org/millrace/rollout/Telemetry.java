package org.millrace.rollout;

import io.quarkus.opentelemetry.runtime.config.runtime.OTelRuntimeConfig;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;

/// What the framework gives to a worker for its traces.
public final class Telemetry {

    /// As they are once traces are on.
    public static final OTelRuntimeConfig SETTINGS = settings(false);

    private Telemetry() {}

    public static OTelRuntimeConfig settings(boolean off) {
        return new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .addDiscoveredConverters()
                .withSources(new PropertiesConfigSource(
                        Map.of("quarkus.otel.sdk.disabled", String.valueOf(off)), "test", 100))
                .withMapping(OTelRuntimeConfig.class)
                .build()
                .getConfigMapping(OTelRuntimeConfig.class);
    }
}
