package org.millrace.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

public class RolloutConfigTest {

    @Test
    void defaults() {
        RolloutConfig config = read(Map.of());

        assertThat(config.instance()).isEqualTo("0");
        assertThat(config.concurrency()).isEqualTo(8);
        assertThat(config.lock()).isEqualTo(Duration.ofSeconds(30));
        assertThat(config.deliveries()).isEqualTo(4);
        assertThat(config.policy()).isEqualTo("localhost:8107");
        assertThat(config.reward()).isEqualTo("localhost:8105");
        assertThat(config.policyDeadline()).isEqualTo(Duration.ofMinutes(2));
        assertThat(config.rewardDeadline()).isEqualTo(Duration.ofSeconds(30));
        assertThat(config.longestPause()).isEqualTo(Duration.ofSeconds(2));
        assertThat(config.patience()).isEqualTo(Duration.ofMinutes(2));
        assertThat(config.drain()).isEqualTo(Duration.ofSeconds(15));
    }

    @Test
    void everyKnobTurns() {
        RolloutConfig config = read(Map.of(
                "millrace.rollout.instance", "rollout-7",
                "millrace.rollout.concurrency", "3",
                "millrace.rollout.lock", "PT15S",
                "millrace.rollout.policy", "policy.example:1",
                "millrace.rollout.policy-deadline", "PT1S"));

        assertThat(config.instance()).isEqualTo("rollout-7");
        assertThat(config.concurrency()).isEqualTo(3);
        assertThat(config.lock()).isEqualTo(Duration.ofSeconds(15));
        assertThat(config.policy()).isEqualTo("policy.example:1");
        assertThat(config.policyDeadline()).isEqualTo(Duration.ofSeconds(1));
    }

    public static RolloutConfig read(Map<String, String> properties) {
        return new SmallRyeConfigBuilder()
                .withMapping(RolloutConfig.class)
                .withSources(new PropertiesConfigSource(properties, "test", 100))
                .build()
                .getConfigMapping(RolloutConfig.class);
    }
}
