package org.millrace.crawler;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PolitenessTest {

    private final Politeness politeness = new Politeness(
            Duration.ofSeconds(1),
            Duration.ofSeconds(30),
            Duration.ofSeconds(2),
            Duration.ofSeconds(60),
            Duration.ofHours(1),
            3);

    @Test
    void aCrawlDelayLengthensTheDelayUpToItsCap() {
        assertThat(politeness.delay(Duration.ZERO)).isEqualTo(Duration.ofSeconds(1));
        assertThat(politeness.delay(Duration.ofMillis(200))).isEqualTo(Duration.ofSeconds(1));
        assertThat(politeness.delay(Duration.ofSeconds(10))).isEqualTo(Duration.ofSeconds(10));
        assertThat(politeness.delay(Duration.ofSeconds(120))).isEqualTo(Duration.ofSeconds(30));
    }

    @Test
    void busyServersGetWhatTheyAskForUpToTheLongestPause() {
        assertThat(politeness.pause(new Fetch.HttpError(429, Duration.ofSeconds(7)), 1))
                .isEqualTo(Duration.ofSeconds(7));
        assertThat(politeness.pause(new Fetch.HttpError(503, Duration.ofDays(7)), 1))
                .isEqualTo(Duration.ofHours(1));
    }

    @Test
    void pausesDouble() {
        assertThat(politeness.pause(new Fetch.HttpError(503, null), 1)).isEqualTo(Duration.ofSeconds(60));
        assertThat(politeness.pause(new Fetch.HttpError(503, null), 3)).isEqualTo(Duration.ofSeconds(240));
        assertThat(politeness.pause(new Fetch.Failed("reset", true), 2)).isEqualTo(Duration.ofSeconds(4));
        assertThat(politeness.pause(new Fetch.HttpError(503, null), 60)).isEqualTo(Duration.ofHours(1));
    }
}
