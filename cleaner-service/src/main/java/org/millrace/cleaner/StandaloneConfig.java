package org.millrace.cleaner;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/// The cleaner's settings outside the service, for commands and benches that judge pages without a broker
/// and without a store: the same names, defaults and environment variables.
public final class StandaloneConfig {

    private static final int OVER_THE_ENVIRONMENT = 500;

    private StandaloneConfig() {}

    /// @param properties by their full names, `millrace.cleaner.…`; they win over the environment
    /// @throws RuntimeException naming the setting, if one cannot be read
    public static CleanerConfig read(Map<String, String> properties) {
        return new SmallRyeConfigBuilder()
                .addSystemSources()
                .withMapping(CleanerConfig.class)
                .withSources(new PropertiesConfigSource(new HashMap<>(properties), "arguments", OVER_THE_ENVIRONMENT))
                // Nothing is stored, so where it would be stored is not asked.
                .withDefaultValue("millrace.cleaner.artifacts", "file:.")
                .withDefaultValue("millrace.cleaner.data", ".")
                .withConverter(Duration.class, 100, Duration::parse)
                .build()
                .getConfigMapping(CleanerConfig.class);
    }
}
