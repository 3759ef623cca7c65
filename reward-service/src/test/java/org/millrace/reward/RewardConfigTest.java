package org.millrace.reward;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RewardConfigTest {

    @Test
    void defaults() {
        RewardConfig config = read(Map.of());

        assertThat(config.instance()).isEqualTo("0");
        assertThat(config.artifacts()).isEqualTo(URI.create("s3://bucket/prefix"));
        assertThat(config.data()).isEqualTo(Path.of("/data/reward"));
        assertThat(config.threads()).isEqualTo(1);
        assertThat(config.queue()).isEqualTo(1024);
    }

    @Test
    void everyKnobTurns() {
        RewardConfig config = read(Map.of(
                "millrace.reward.instance", "reward-1",
                "millrace.reward.threads", "4",
                "millrace.reward.queue", "64"));

        assertThat(config.instance()).isEqualTo("reward-1");
        assertThat(config.threads()).isEqualTo(4);
        assertThat(config.queue()).isEqualTo(64);
    }

    private static RewardConfig read(Map<String, String> more) {
        Map<String, String> properties = new HashMap<>(more);
        properties.put("millrace.reward.artifacts", "s3://bucket/prefix");
        properties.put("millrace.reward.data", "/data/reward");
        return new SmallRyeConfigBuilder()
                .withMapping(RewardConfig.class)
                .withSources(new PropertiesConfigSource(properties, "test", 100))
                .build()
                .getConfigMapping(RewardConfig.class);
    }
}
