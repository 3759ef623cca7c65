package org.millrace.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarkus.opentelemetry.runtime.config.runtime.OTelRuntimeConfig;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The same two lines in each of the services that make traces, in the places that services read settings from.
class TracesSwitchTest {

    @ParameterizedTest
    @ValueSource(strings = {"inference", "reward", "rollout", "trainer"})
    void theSwitchAloneSaysWhetherTracesAreMade(String service) throws Exception {
        assertThat(isOff(service, Map.of())).isTrue();
        assertThat(isOff(service, Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", ""))).isTrue();
        assertThat(isOff(service, Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317")))
                .isTrue();
        assertThatThrownBy(() -> isOff(service, Map.of("OTEL_SDK_DISABLED", "")))
                .hasMessageContaining("quarkus.otel.sdk.disabled");
        assertThat(isOff(service, Map.of("OTEL_SDK_DISABLED", "false"))).isFalse();
    }

    private static boolean isOff(String service, Map<String, String> environment) throws Exception {
        Path file = Path.of("..", service + "-service", "src/main/resources/application.properties");
        return new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .addDiscoveredConverters()
                .withSources(
                        new PropertiesConfigSource(file.toUri().toURL()),
                        new PropertiesConfigSource(environment, "environment", 300))
                .withMapping(OTelRuntimeConfig.class)
                .withValidateUnknown(false)
                .build()
                .getConfigMapping(OTelRuntimeConfig.class)
                .sdkDisabled();
    }
}
