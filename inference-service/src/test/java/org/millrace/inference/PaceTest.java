package org.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PaceTest {

    private static final int CHUNK = 320;
    private static final int LEAST = 10;

    private long milliseconds;
    private final Pace pace = new Pace(Duration.ofMillis(20), CHUNK, () -> milliseconds * 1_000_000);

    @Test
    void theLeastWhileNothingIsKnown() {
        assertThat(pace.tokens()).isEqualTo(LEAST);
    }

    @Test
    void asManyAsTakeAPause() {
        read(100, 50);

        assertThat(pace.tokens()).isEqualTo(40);
    }

    @Test
    void asManyAsTakeTwoStepsIfThoseAreLonger() {
        read(100, 50);
        for (int i = 0; i < 50; i++) {
            step(60);
        }

        assertThat(pace.tokens()).isBetween(239, 240);
    }

    @Test
    void oneLateStepIsNoMeasure() {
        read(100, 50);
        step(5);
        step(60);

        assertThat(pace.tokens()).isEqualTo(40);
    }

    @Test
    void theTimeIsOverHoweverFewTokensItWas() {
        read(100, 50);
        step(5);
        assertThat(pace.left(0)).isEqualTo(40);
        read(1, 5);
        assertThat(pace.left(1)).isEqualTo(30);
        read(1, 14);
        assertThat(pace.left(2)).isEqualTo(2);
        read(1, 5);
        assertThat(pace.left(3)).isZero();
        step(5);
        assertThat(pace.left(0)).isEqualTo(40);
    }

    @Test
    void anEighthIsAPieceHoweverLittleIsLeft() {
        assertThat(pace.piece()).isEqualTo(LEAST);
        read(300, 20);

        assertThat(pace.piece()).isEqualTo(38);
    }

    @Test
    void fewAtOnceSayNothing() {
        read(100, 50);
        for (int i = 0; i < 500; i++) {
            read(LEAST - 1, 30);
        }

        assertThat(pace.tokens()).isEqualTo(40);
    }

    /// Where a read costs about a step whatever its length, as on a GPU, small ones say that a token is dear.
    @Test
    void growsAgainAfterShortPromptsWhereLongOnesCostLittleMore() {
        for (int i = 0; i < 150; i++) {
            step(25);
            read(LEAST, 25);
        }
        int reads = 0;
        for (; pace.tokens() < CHUNK && reads < 20; reads++) {
            step(25);
            read(pace.tokens(), 25 + pace.tokens() / 50);
        }

        assertThat(reads).isBetween(1, 14);
    }

    @Test
    void theLeastHoweverSlow() {
        read(10, 10_000);

        assertThat(pace.tokens()).isEqualTo(LEAST);
        assertThat(pace.left(10)).isZero();
        step(1);
        assertThat(pace.left(0)).isEqualTo(LEAST);
    }

    @Test
    void aChunkHoweverFast() {
        read(100, 0);

        assertThat(pace.tokens()).isEqualTo(CHUNK);
    }

    @Test
    void followsAMachineThatHasOtherWork() {
        read(100, 50);
        for (int i = 0; i < 5; i++) {
            read(50, 50);
        }

        assertThat(pace.tokens()).isBetween(20, 21);
    }

    @Test
    void noChunkMakesTheLeastLong() {
        assertThat(new Pace(Duration.ofMillis(20), 65_536, () -> 0).tokens()).isEqualTo(16);
    }

    private void read(int tokens, int took) {
        int read = pace.read(() -> {
            milliseconds += took;
            return tokens;
        });
        assertThat(read).isEqualTo(tokens);
    }

    private void step(int took) {
        pace.step(() -> milliseconds += took);
    }
}
