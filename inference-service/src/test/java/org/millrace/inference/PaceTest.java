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
    void asManyAsTakeAStepThatIsLonger() {
        read(100, 50);
        for (int i = 0; i < 50; i++) {
            step(60);
        }

        assertThat(pace.tokens()).isBetween(119, 120);
    }

    @Test
    void oneLateStepIsNoMeasure() {
        read(100, 50);
        for (int i = 0; i < 50; i++) {
            step(10);
        }
        step(90);

        assertThat(pace.tokens()).isEqualTo(40);
    }

    @Test
    void fewAtOnceSayLittle() {
        read(100, 50);
        read(1, 3);

        assertThat(pace.tokens()).isBetween(36, 40);
    }

    @Test
    void theLeastHoweverSlow() {
        read(10, 10_000);

        assertThat(pace.tokens()).isEqualTo(LEAST);
    }

    @Test
    void aChunkHoweverFast() {
        read(100, 0);

        assertThat(pace.tokens()).isEqualTo(CHUNK);
    }

    @Test
    void followsAMachineThatHasOtherWork() {
        for (int i = 0; i < 20; i++) {
            read(100, 50);
        }
        for (int i = 0; i < 20; i++) {
            read(50, 50);
        }

        assertThat(pace.tokens()).isBetween(20, 21);
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
