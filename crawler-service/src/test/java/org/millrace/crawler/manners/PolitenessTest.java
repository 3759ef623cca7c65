package org.millrace.crawler.manners;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.millrace.crawler.web.Fetch;

class PolitenessTest {

    private static final Fetch BUSY = new Fetch.HttpError(503, null);
    private static final Fetch RESET = new Fetch.Failed("reset", true);
    private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");

    /// Of the jitter.
    private static final double NONE = 0.5;

    private final Politeness politeness = politeness(100, Duration.ofDays(30));

    @Test
    void aCrawlDelayLengthensTheDelayUpToItsCap() {
        assertThat(politeness.delay(Duration.ZERO)).isEqualTo(Duration.ofSeconds(1));
        assertThat(politeness.delay(Duration.ofMillis(200))).isEqualTo(Duration.ofSeconds(1));
        assertThat(politeness.delay(Duration.ofSeconds(10))).isEqualTo(Duration.ofSeconds(10));
        assertThat(politeness.delay(Duration.ofSeconds(120))).isEqualTo(Duration.ofSeconds(30));
    }

    @Test
    void restsDoubleFromAMinuteToADay() {
        Standing standing = Standing.GOOD;
        Instant now = NOON;
        for (long minutes : new long[] {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440, 1440}) {
            standing = politeness.after(standing, BUSY, now, NONE);
            assertThat(Duration.between(now, standing.restUntil())).isEqualTo(Duration.ofMinutes(minutes));
            now = standing.restUntil();
        }
    }

    @Test
    void aRestVariesByATenth() {
        assertThat(politeness.after(Standing.GOOD, BUSY, NOON, 0).restUntil()).isEqualTo(NOON.plusSeconds(54));
        assertThat(politeness.after(Standing.GOOD, BUSY, NOON, 1).restUntil()).isEqualTo(NOON.plusSeconds(66));
    }

    @Test
    void busyServersGetWhatTheyAskForUpToTheLongestRest() {
        assertThat(restAfter(new Fetch.HttpError(429, Duration.ofSeconds(7)))).isEqualTo(Duration.ofSeconds(7));
        assertThat(restAfter(new Fetch.HttpError(503, Duration.ofDays(7)))).isEqualTo(Duration.ofDays(1));
    }

    @Test
    void strikesAreForgivenAfterHalfAnHourOfQuiet() {
        Standing twice = politeness.after(politeness.after(Standing.GOOD, BUSY, NOON, NONE), BUSY, NOON, NONE);
        Instant quiet = twice.restUntil().plus(Duration.ofMinutes(30));
        Standing well = politeness.after(twice, new Fetch.HttpError(404, null), quiet, NONE);

        assertThat(politeness.after(well, BUSY, quiet, NONE).restUntil()).isEqualTo(quiet.plusSeconds(240));
        Instant quieter = quiet.plusMillis(1);
        assertThat(politeness.after(well, BUSY, quieter, NONE).restUntil()).isEqualTo(quieter.plusSeconds(60));
    }

    @Test
    void fiveNetworkErrorsInARowAreARest() {
        Standing standing = Standing.GOOD;
        for (int i = 0; i < 4; i++) {
            standing = politeness.after(standing, RESET, NOON, NONE);
            assertThat(standing.rests(NOON)).isFalse();
        }
        assertThat(politeness.after(standing, RESET, NOON, NONE).restUntil()).isEqualTo(NOON.plusSeconds(60));
        Standing answered = politeness.after(standing, new Fetch.HttpError(500, null), NOON, NONE);
        assertThat(politeness.after(answered, RESET, NOON, NONE).rests(NOON)).isFalse();
    }

    @Test
    void aHostIsGivenUpAfterRestsInVain() {
        Politeness impatient = politeness(3, Duration.ofDays(30));
        Standing standing = Standing.GOOD;
        Instant now = NOON;
        for (int rest = 0; rest < 3; rest++) {
            standing = impatient.after(standing, BUSY, now, NONE);
            assertThat(standing.isGivenUp(now)).isFalse();
            now = standing.restUntil();
        }

        Standing answered = impatient.after(standing, new Fetch.HttpError(404, null), now, NONE);
        assertThat(impatient.after(answered, BUSY, now, NONE).isGivenUp(now)).isFalse();

        Standing hopeless = impatient.after(standing, BUSY, now, NONE);
        assertThat(hopeless.isGivenUp(now)).isTrue();
        assertThat(hopeless.rests(now)).as("nobody waits for it").isFalse();
        assertThat(hopeless.isGivenUp(now.plus(Duration.ofMinutes(8)))).isFalse();
    }

    @Test
    void aHostThatWantsToBeLeftAloneForTooLongIsGivenUpAtOnce() {
        Politeness impatient = politeness(3, Duration.ofHours(2));

        assertThat(impatient
                        .after(Standing.GOOD, new Fetch.HttpError(503, Duration.ofHours(2)), NOON, NONE)
                        .isGivenUp(NOON))
                .isFalse();
        assertThat(impatient
                        .after(Standing.GOOD, new Fetch.HttpError(503, Duration.ofHours(3)), NOON, NONE)
                        .givenUpUntil())
                .isEqualTo(NOON.plus(Duration.ofHours(3)));
    }

    @Test
    void pausesOfAUrlDouble() {
        assertThat(politeness.pause(1)).isEqualTo(Duration.ofSeconds(2));
        assertThat(politeness.pause(2)).isEqualTo(Duration.ofSeconds(4));
        assertThat(politeness.pause(60)).isEqualTo(Duration.ofDays(1));
    }

    private Duration restAfter(Fetch fetch) {
        return Duration.between(
                NOON, politeness.after(Standing.GOOD, fetch, NOON, 1).restUntil());
    }

    private static Politeness politeness(int maxRests, Duration patience) {
        return new Politeness(
                Duration.ofSeconds(1),
                Duration.ofSeconds(30),
                Duration.ofSeconds(2),
                Duration.ofSeconds(60),
                Duration.ofDays(1),
                3,
                maxRests,
                patience);
    }
}
