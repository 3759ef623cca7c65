package org.millrace.crawler.command;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.millrace.crawler.CrawlerConfig;

/// The crawler's settings outside the service: the same names, defaults and environment variables.
final class StandaloneConfig {

    private static final int OVER_THE_ENVIRONMENT = 500;

    private StandaloneConfig() {}

    /// @param properties by their full names, `millrace.crawler.…`; they win over the environment
    /// @throws RuntimeException naming the setting, if one cannot be read
    static CrawlerConfig read(Map<String, String> properties) {
        return new SmallRyeConfigBuilder()
                .addSystemSources()
                .withMapping(CrawlerConfig.class)
                .withSources(new PropertiesConfigSource(new HashMap<>(properties), "arguments", OVER_THE_ENVIRONMENT))
                // Nothing goes to a store, so where that lies is not asked.
                .withDefaultValue("millrace.crawler.artifacts", "file:.")
                .withDefaultValue("millrace.crawler.data", ".")
                .withConverter(Duration.class, 100, Duration::parse)
                .build()
                .getConfigMapping(CrawlerConfig.class);
    }
}
