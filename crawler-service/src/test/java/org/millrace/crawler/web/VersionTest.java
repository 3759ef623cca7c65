package org.millrace.crawler.web;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class VersionTest {

    @Test
    void whatARequestCannotRepeatIsNoVersion() {
        assertThat(new Version("\"é\"", "yesterday")).isEqualTo(new Version("", "yesterday"));
        assertThat(new Version("\"7\"", "yester\nday")).isEqualTo(new Version("\"7\"", ""));
        assertThat(new Version("7".repeat(512), "").etag()).hasSize(512);
        assertThat(new Version("7".repeat(513), "\uFFFD".repeat(30_000))).isEqualTo(Version.UNKNOWN);
    }
}
