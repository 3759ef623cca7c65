package org.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InferenceConfigTest {

    @Test
    void defaults() {
        InferenceConfig config = read(Map.of());

        assertThat(config.artifacts()).isEqualTo(URI.create("file:/artifacts"));
        assertThat(config.data()).isEqualTo(Path.of("/data"));
        assertThat(config.model()).isEmpty();
        assertThat(config.slots()).isEqualTo(32);
        assertThat(config.queue()).isEqualTo(256);
        assertThat(config.promptChunk()).isEqualTo(512);
        assertThat(config.promptPause()).isEqualTo(Duration.ofMillis(20));
        assertThat(config.rolloutShare()).isEqualTo(0.1);
        assertThat(config.threads()).isZero();
        assertThat(config.weights()).isEmpty();
        assertThat(config.device()).isEqualTo("cpu");
    }

    @Test
    void values() {
        InferenceConfig config = read(Map.of(
                "millrace.inference.model", "atlas",
                "millrace.inference.slots", "8",
                "millrace.inference.queue", "64",
                "millrace.inference.threads", "3",
                "millrace.inference.device", "cuda:1",
                "millrace.inference.weights", "atlas=int8,chat=int4"));

        assertThat(config.model()).contains("atlas");
        assertThat(config.slots()).isEqualTo(8);
        assertThat(config.queue()).isEqualTo(64);
        assertThat(config.threads()).isEqualTo(3);
        assertThat(config.device()).isEqualTo("cuda:1");
        assertThat(config.weights()).contains(List.of("atlas=int8", "chat=int4"));
    }

    private static InferenceConfig read(Map<String, String> properties) {
        Map<String, String> all = new HashMap<>(properties);
        all.put("millrace.inference.artifacts", "file:/artifacts");
        all.put("millrace.inference.data", "/data");
        return new SmallRyeConfigBuilder()
                .withMapping(InferenceConfig.class)
                .withSources(new PropertiesConfigSource(all, "test", 100))
                .build()
                .getConfigMapping(InferenceConfig.class);
    }
}
