package org.millrace.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.millrace.bpe.SplitPattern;

class TokenizerConfigTest {

    @Test
    void defaults() {
        TokenizerConfig config = read(Map.of());

        assertThat(config.instance()).isEqualTo("0");
        assertThat(config.name()).isEmpty();
        assertThat(config.validationShare()).isEqualTo(0.05);
        assertThat(config.autoTrainBytes()).isEqualTo(64 << 20);
        assertThat(config.autoTrain().interval()).isEqualTo(Duration.ofSeconds(10));
        assertThat(config.autoTrain().vocabularySize()).isEqualTo(32_768);
        assertThat(config.autoTrain().pattern()).isEqualTo(SplitPattern.NANOCHAT);
        assertThat(config.batch().records()).isEqualTo(2_000);
        assertThat(config.batch().bytes()).isEqualTo(1 << 20);
        assertThat(config.batch().patience()).isEqualTo(Duration.ofSeconds(1));
        assertThat(config.batch().pollTimeout()).isEqualTo(Duration.ofMillis(200));
    }

    @Test
    void everyKnobHasAName() {
        TokenizerConfig config = read(Map.of(
                "millrace.tokenizer.name", "atlas",
                "millrace.tokenizer.validation-share", "0.1",
                "millrace.tokenizer.auto-train-bytes", "0",
                "millrace.tokenizer.auto-train.vocabulary-size", "2048",
                "millrace.tokenizer.auto-train.pattern", "llama3",
                "millrace.tokenizer.batch.patience", "PT3S"));

        assertThat(config.name()).contains("atlas");
        assertThat(config.validationShare()).isEqualTo(0.1);
        assertThat(config.autoTrainBytes()).isZero();
        assertThat(config.autoTrain().vocabularySize()).isEqualTo(2_048);
        assertThat(config.autoTrain().pattern()).isEqualTo(SplitPattern.LLAMA3);
        assertThat(config.batch().patience()).isEqualTo(Duration.ofSeconds(3));
    }

    @Test
    void aShareThatIsNoneIsNamed() {
        assertThatThrownBy(() -> read(Map.of("millrace.tokenizer.validation-share", "some")))
                .hasMessageContaining("millrace.tokenizer.validation-share");
    }

    private static TokenizerConfig read(Map<String, String> properties) {
        Map<String, String> all = new HashMap<>(properties);
        all.put("millrace.tokenizer.artifacts", "file:/tmp/artifacts");
        all.put("millrace.tokenizer.data", "/tmp/data");
        return new SmallRyeConfigBuilder()
                .withMapping(TokenizerConfig.class)
                .withSources(new PropertiesConfigSource(all, "test", 100))
                .build()
                .getConfigMapping(TokenizerConfig.class);
    }
}
