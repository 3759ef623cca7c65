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

    /// The literature's thresholds, where a rule has one.
    @Test
    void thresholdsAreThoseOfTheLiterature() {
        CleanerConfig config = read(NEEDED);

        assertThat(config.maximumSpamWords()).isEqualTo(0.0834);
        assertThat(config.repetition().lines()).isEqualTo(0.30);
        assertThat(config.repetition().lineCharacters()).isEqualTo(0.20);
        assertThat(config.repetition().paragraphs()).isEqualTo(0.30);
        assertThat(config.repetition().paragraphCharacters()).isEqualTo(0.20);
        assertThat(config.repetition().topNgrams()).containsExactly(0.20, 0.18, 0.16);
        assertThat(config.repetition().duplicatedNgrams()).containsExactly(0.15, 0.14, 0.13, 0.12, 0.11, 0.10);
        assertThat(config.gopher().maximumWords()).isEqualTo(100_000);
        assertThat(config.gopher().minimumWordLength()).isEqualTo(3);
        assertThat(config.gopher().maximumWordLength()).isEqualTo(10);
        assertThat(config.gopher().maximumHashes()).isEqualTo(0.1);
        assertThat(config.gopher().maximumEllipses()).isEqualTo(0.1);
        assertThat(config.gopher().maximumBulletLines()).isEqualTo(0.9);
        assertThat(config.gopher().maximumEllipsisLines()).isEqualTo(0.3);
        assertThat(config.gopher().minimumAlphabeticWords()).isEqualTo(0.8);
        assertThat(config.gopher().minimumStopWords()).isEqualTo(2);
        assertThat(config.c4().minimumLineWords()).isZero();
        assertThat(config.c4().maximumWordLength()).isEqualTo(1000);
        assertThat(config.c4().terminalPunctuation()).isFalse();
        assertThat(config.c4().notices()).isTrue();
        assertThat(config.c4().loremIpsum()).isTrue();
        assertThat(config.c4().maximumBraces()).isZero();
        assertThat(config.c4().minimumSentences()).isEqualTo(5);
        assertThat(config.fineweb().minimumTerminalLines()).isEqualTo(0.12);
        assertThat(config.fineweb().shortLine()).isEqualTo(30);
        assertThat(config.fineweb().maximumShortLines()).isEqualTo(0.67);
        assertThat(config.fineweb().maximumRepeatedCharacters()).isEqualTo(0.01);
        assertThat(config.fineweb().maximumLineBreaks()).isEqualTo(0.3);
        assertThat(config.urls().ownLists()).isTrue();
        assertThat(config.urls().softWordLimit()).isEqualTo(2);
        assertThat(config.personal().phoneRegions()).containsExactly("US");
        assertThat(config.quality().model()).isEmpty();
        assertThat(config.quality().minimumScore()).isEmpty();
    }

    @Test
    void thresholdsTurnToo() {
        Map<String, String> properties = new HashMap<>(NEEDED);
        properties.putAll(Map.of(
                "millrace.cleaner.repetition.top-ngrams", "0.5,0.4,0.3",
                "millrace.cleaner.gopher.minimum-stop-words", "0",
                "millrace.cleaner.c4.minimum-sentences", "1",
                "millrace.cleaner.fineweb.maximum-repeated-characters", "0.1",
                "millrace.cleaner.urls.domains", "/lists/domains",
                "millrace.cleaner.quality.minimum-score", "0.3",
                "millrace.cleaner.words.toxic", "/lists/toxic"));

        CleanerConfig config = read(properties);

        assertThat(config.repetition().topNgrams()).containsExactly(0.5, 0.4, 0.3);
        assertThat(config.gopher().minimumStopWords()).isZero();
        assertThat(config.c4().minimumSentences()).isEqualTo(1);
        assertThat(config.fineweb().maximumRepeatedCharacters()).isEqualTo(0.1);
        assertThat(config.urls().domains()).contains(Path.of("/lists/domains"));
        assertThat(config.quality().minimumScore()).contains(0.3);
        assertThat(config.words().toxic()).contains(Path.of("/lists/toxic"));
    }

    @Test
    void aCommandNeedsNoStoreAndItsArgumentsWin() {
        CleanerConfig config = StandaloneConfig.read(Map.of("millrace.cleaner.minimum-words", "7"));

        assertThat(config.minimumWords()).isEqualTo(7);
        assertThat(config.artifacts()).isEqualTo(URI.create("file:."));
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
