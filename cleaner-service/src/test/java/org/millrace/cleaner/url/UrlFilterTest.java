package org.millrace.cleaner.url;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.cleaner.StandardConfig;
import org.millrace.cleaner.rule.Breach;

class UrlFilterTest {

    private static final UrlFilter FILTER = new UrlFilter(
            List.of("https://Gone.example/Page?q=1", "http://all.example", "https://both.example/a"),
            List.of("https://bad.example/good", "https://x.example/a-banned-word/of/fame", "https://both.example/a"),
            List.of("bad.example", "deep.mixed.example"),
            List.of("site.example/forum", "site.example/forum/off-topic", "site.example/Zoo"),
            List.of("banned"),
            List.of("soft", "softer", "softest"),
            2,
            List.of("evilpart"));

    @ParameterizedTest
    @CsvSource({
        "https://gone.example/Page?q=1, url-blocked, https://gone.example/Page?q=1",
        "http://gone.example/Page?q=1, url-blocked, http://gone.example/Page?q=1",
        "https://all.example/, url-blocked, https://all.example/",
        "https://both.example/a, url-blocked, https://both.example/a",
        "https://bad.example/good/not, url-domain, bad.example",
        "https://bad.example/GOOD, url-domain, bad.example",
        "https://bad.example/, url-domain, bad.example",
        "https://www.bad.example/x, url-domain, bad.example",
        "https://a.b.BAD.example:8080/x, url-domain, bad.example",
        "https://user@bad.example/x, url-domain, bad.example",
        "https://bad.example, url-domain, bad.example",
        "https://deep.mixed.example/, url-domain, deep.mixed.example",
        "https://site.example/forum/off-topic/1, url-prefix, site.example/forum",
        "http://site.example/zoo/1, url-prefix, site.example/zoo",
        "https://x.example/a-banned-word, url-word, banned",
        "https://x.example/?q=Banned, url-word, banned",
        "https://x.example/an-evil-part, url-part, evilpart",
        "https://evilparty.example/, url-part, evilpart"
    })
    void theseAddressesAreLeftOut(String url, String rule, String value) {
        assertThat(FILTER.breach(url)).hasValueSatisfying(breach -> {
            assertThat(breach.rule()).isEqualTo(rule);
            assertThat(breach.value()).isEqualTo(value);
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://gone.example/page?q=1",
                "https://gone.example/Page",
                "https://all.example/other",
                "https://bad.example/good",
                "http://BAD.example/good",
                "https://x.example/a-banned-word/of/fame",
                "https://notbad.example/",
                "https://mixed.example/bad.example",
                "https://bad.example.org/",
                "https://site.example/fora",
                "https://x.example/abandoned",
                "https://x.example/soft-soft/soft",
                "https://x.example/evil/pa/rs",
                "not a url",
                ""
            })
    void theseStay(String url) {
        assertThat(FILTER.breach(url)).isEmpty();
    }

    @Test
    void softWordsCountFromTheLimitOn() {
        assertThat(FILTER.breach("https://x.example/soft")).isEmpty();
        assertThat(FILTER.breach("https://x.example/softer/soft"))
                .contains(new Breach("url-soft-words", "2 words (soft, softer)", "at most 1 words"));
    }

    @Test
    void ourOwnListsLeaveOrdinaryAddressesAlone() throws IOException {
        UrlFilter own = UrlFilter.of(StandardConfig.with(Map.of()).urls());

        assertThat(own.breach("https://www.xxx.example/")).isPresent();
        assertThat(own.breach("https://example.org/casino-bonus")).isPresent();
        for (String url : List.of(
                "https://www.essex.example/middlesex/sussex",
                "https://example.org/casino-royale-review",
                "https://example.org/adult-education",
                "https://example.org/analysis/cumulative-assessment",
                "https://example.org/free-download/cheap-flights",
                "https://example.org/student-loans/loan-forms")) {
            assertThat(own.breach(url)).describedAs(url).isEmpty();
        }
    }

    @Test
    void listsComeFromFilesToo(@TempDir Path folder) throws IOException {
        Path domains = Files.writeString(folder.resolve("domains.txt"), """
                # a comment
                Listed.example   # why

                other.example
                """);
        UrlFilter filter =
                UrlFilter.of(StandardConfig.with(Map.of("urls.domains", domains.toString(), "urls.own-lists", "false"))
                        .urls());

        assertThat(filter.breach("https://www.listed.example/")).isPresent();
        assertThat(filter.breach("https://xxx.example/")).isEmpty();
    }
}
