package org.millrace.cleaner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CleanerConfigTest {

    private static final Map<String, String> NEEDED =
            Map.of("millrace.cleaner.artifacts", "file:/a", "millrace.cleaner.data", "/d");

    @Test
    void defaults() {
        CleanerConfig config = read(NEEDED);

        assertThat(config.artifacts()).isEqualTo(URI.create("file:/a"));
        assertThat(config.data()).isEqualTo(Path.of("/d"));
        assertThat(config.instance()).isEqualTo("0");
        assertThat(config.languages()).isEqualTo(Set.of("en"));
        assertThat(config.minimumLanguageScore()).isEqualTo(0.65);
        assertThat(config.minimumWords()).isEqualTo(30);
        assertThat(config.maximumMaskedSpans()).isEqualTo(5);
        assertThat(config.ngramTolerance()).isEqualTo(1);
        assertThat(config.loop().pollTimeout()).isEqualTo(Duration.ofMillis(200));
        assertThat(config.loop().maximumRecords()).isEqualTo(100);
    }

    @Test
    void everyKnobTurns() {
        Map<String, String> properties = new HashMap<>(NEEDED);
        properties.putAll(Map.of(
                "millrace.cleaner.instance", "cleaner-3",
                "millrace.cleaner.languages", "en,de",
                "millrace.cleaner.minimum-language-score", "0.8",
                "millrace.cleaner.minimum-words", "50",
                "millrace.cleaner.maximum-masked-spans", "0",
                "millrace.cleaner.ngram-tolerance", "1.5",
                "millrace.cleaner.loop.poll-timeout", "PT1S",
                "millrace.cleaner.loop.maximum-records", "7"));

        CleanerConfig config = read(properties);

        assertThat(config.instance()).isEqualTo("cleaner-3");
        assertThat(config.languages()).isEqualTo(Set.of("en", "de"));
        assertThat(config.minimumLanguageScore()).isEqualTo(0.8);
        assertThat(config.minimumWords()).isEqualTo(50);
        assertThat(config.maximumMaskedSpans()).isZero();
        assertThat(config.ngramTolerance()).isEqualTo(1.5);
        assertThat(config.loop().pollTimeout()).isEqualTo(Duration.ofSeconds(1));
        assertThat(config.loop().maximumRecords()).isEqualTo(7);
    }

    @Test
    void whereArtifactsLieMustBeSaid() {
        assertThatThrownBy(() -> read(Map.of("millrace.cleaner.data", "/d")))
                .hasMessageContaining("millrace.cleaner.artifacts is required");
    }

    private static CleanerConfig read(Map<String, String> properties) {
        return new SmallRyeConfigBuilder()
                .withMapping(CleanerConfig.class)
                .withSources(new PropertiesConfigSource(properties, "test", 100))
                .withConverter(Duration.class, 100, Duration::parse)
                .build()
                .getConfigMapping(CleanerConfig.class);
    }
}
