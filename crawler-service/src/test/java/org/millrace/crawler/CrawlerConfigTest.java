package org.millrace.crawler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.validator.BeanValidationConfigValidator;
import jakarta.validation.Validation;
import jakarta.validation.ValidatorFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CrawlerConfigTest {

    private static final ValidatorFactory VALIDATORS = Validation.buildDefaultValidatorFactory();

    @Test
    void defaultsArePoliteAndSafe() {
        CrawlerConfig config = read(Map.of());

        assertThat(config.delay()).isEqualTo(Duration.ofSeconds(1));
        assertThat(config.maxCrawlDelay()).isEqualTo(Duration.ofSeconds(30));
        assertThat(config.allowPrivate()).isFalse();
        assertThat(config.maxDepth()).isEqualTo(16);
        assertThat(config.maxPagesPerHost()).isEqualTo(10_000);
        assertThat(config.maxBytes()).isEqualTo(5 * 1024 * 1024);
        assertThat(config.timeout().call()).isEqualTo(Duration.ofSeconds(30));
        assertThat(config.agent()).isEqualTo("millrace");
        assertThat(config.contact()).isEmpty();
        assertThat(config.archiveFolders()).isEmpty();
        assertThat(config.warc()).isEmpty();
        assertThat(config.warcBytes()).isEqualTo(1L << 30);
        assertThat(config.instance()).isEqualTo("0");
        assertThat(config.ports()).containsExactlyInAnyOrder(80, 443);
        assertThat(config.allowFile()).isEmpty();
        assertThat(config.blockFile()).isEmpty();
        assertThat(config.dropTracking()).isTrue();
        assertThat(config.respect().robotsTags()).isTrue();
        assertThat(config.respect().noAi()).isTrue();
        assertThat(config.respect().noImageAi()).isTrue();
        assertThat(config.respect().aiTxt()).isTrue();
        assertThat(config.respect().tdmReservation()).isTrue();
    }

    @Test
    void everyKnobHasAName() {
        CrawlerConfig config = read(Map.of(
                "millrace.crawler.delay", "PT0.005S",
                "millrace.crawler.contact", "https://example.org/bot",
                "millrace.crawler.allow-private", "true",
                "millrace.crawler.ports", "80,443,8080",
                "millrace.crawler.block-file", "/etc/millrace/block.txt",
                "millrace.crawler.respect.ai-txt", "false",
                "millrace.crawler.timeout.call", "PT3S"));

        assertThat(config.delay()).isEqualTo(Duration.ofMillis(5));
        assertThat(config.contact()).contains("https://example.org/bot");
        assertThat(config.allowPrivate()).isTrue();
        assertThat(config.timeout().call()).isEqualTo(Duration.ofSeconds(3));
        assertThat(config.ports()).contains(8080);
        assertThat(config.blockFile()).contains(Path.of("/etc/millrace/block.txt"));
        assertThat(config.respect().aiTxt()).isFalse();
    }

    @Test
    void aDurationThatIsNoneIsNamed() {
        assertThatThrownBy(() -> read(Map.of("millrace.crawler.delay", "soon")))
                .hasMessageContaining("millrace.crawler.delay");
    }

    /// A header takes nothing else: each request would fail, and with it the process.
    @Test
    void aContactThatIsNoAsciiIsRefused() {
        assertThatThrownBy(() -> read(Map.of("millrace.crawler.contact", "bot@müller.example")))
                .hasMessageContaining("millrace.crawler.contact");
    }

    @Test
    void aPortThatIsNoneIsNamed() {
        assertThatThrownBy(() -> read(Map.of("millrace.crawler.ports", "80,70000")))
                .hasMessageContaining("millrace.crawler.ports");
    }

    private static CrawlerConfig read(Map<String, String> properties) {
        Map<String, String> all = new HashMap<>(properties);
        all.put("millrace.crawler.artifacts", "file:/tmp/artifacts");
        all.put("millrace.crawler.data", "/tmp/data");
        return new SmallRyeConfigBuilder()
                .withMapping(CrawlerConfig.class)
                .withValidator((BeanValidationConfigValidator) VALIDATORS::getValidator)
                .withSources(new PropertiesConfigSource(all, "test", 100))
                .build()
                .getConfigMapping(CrawlerConfig.class);
    }
}
