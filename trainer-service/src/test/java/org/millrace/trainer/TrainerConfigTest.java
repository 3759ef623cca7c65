package org.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TrainerConfigTest {

    private static final Map<String, String> REQUIRED =
            Map.of("millrace.trainer.artifacts", "file:/a", "millrace.trainer.data", "/d");

    @Test
    void defaults() {
        TrainerConfig config = read(REQUIRED);

        assertThat(config.artifacts()).isEqualTo(URI.create("file:/a"));
        assertThat(config.data()).isEqualTo(Path.of("/d"));
        assertThat(config.instance()).isEqualTo("0");
        assertThat(config.threads()).isZero();
        assertThat(config.maximumQueued()).isEqualTo(100);
        assertThat(config.stateInterval()).isEqualTo(Duration.ofSeconds(30));
        assertThat(config.rankingsDeadline()).isEqualTo(Duration.ofMinutes(30));
        assertThat(config.roundDeadline()).isEqualTo(Duration.ofMinutes(10));
        assertThat(config.brokerDeadline()).isEqualTo(Duration.ofSeconds(60));
    }

    @Test
    void everyKnobTurns() {
        Map<String, String> properties = new HashMap<>(REQUIRED);
        properties.put("millrace.trainer.instance", "b");
        properties.put("millrace.trainer.threads", "2");
        properties.put("millrace.trainer.maximum-queued", "3");
        properties.put("millrace.trainer.state-interval", "PT4S");
        properties.put("millrace.trainer.rankings-deadline", "PT1S");
        properties.put("millrace.trainer.round-deadline", "PT2S");
        properties.put("millrace.trainer.broker-deadline", "PT3S");

        TrainerConfig config = read(properties);

        assertThat(config.instance()).isEqualTo("b");
        assertThat(config.threads()).isEqualTo(2);
        assertThat(config.maximumQueued()).isEqualTo(3);
        assertThat(config.stateInterval()).isEqualTo(Duration.ofSeconds(4));
        assertThat(config.rankingsDeadline()).isEqualTo(Duration.ofSeconds(1));
        assertThat(config.roundDeadline()).isEqualTo(Duration.ofSeconds(2));
        assertThat(config.brokerDeadline()).isEqualTo(Duration.ofSeconds(3));
    }

    @Test
    void whatHasNoDefaultIsAskedFor() {
        assertThatThrownBy(() -> read(Map.of("millrace.trainer.data", "/d")))
                .isInstanceOf(ConfigValidationException.class)
                .hasMessageContaining("millrace.trainer.artifacts");
    }

    private static TrainerConfig read(Map<String, String> properties) {
        return new SmallRyeConfigBuilder()
                .withMapping(TrainerConfig.class)
                .withSources(new PropertiesConfigSource(properties, "test", 100))
                .build()
                .getConfigMapping(TrainerConfig.class);
    }
}
