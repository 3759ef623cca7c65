package org.millrace.trainer.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SilenceTest {

    private final List<String> words = new ArrayList<>();
    private Instant now = Instant.parse("2026-01-02T03:04:05.678Z");
    private boolean listening = true;
    private final Silence silence = new Silence(Duration.ofSeconds(10), () -> now, word -> {
        if (listening) {
            words.add(word);
        }
        return listening;
    });

    @Test
    void isToldOnceAndItsEndToo() {
        hearNothingFor(9);
        assertThat(words).isEmpty();

        hearNothingFor(30);
        silence.over();
        silence.over();

        assertThat(words).containsExactly("3 of 4, none since 2026-01-02T03:04:05Z", "");
    }

    @Test
    void wordsAreFarApartHoweverOftenItBreaks() {
        for (int i = 0; i < 6; i++) {
            hearNothingFor(11);
            silence.broken();
        }

        assertThat(words)
                .containsExactly(
                        "3 of 4, none since 2026-01-02T03:04:05Z",
                        "",
                        "3 of 4, none since 2026-01-02T03:04:27Z",
                        "",
                        "3 of 4, none since 2026-01-02T03:04:49Z",
                        "");
    }

    @Test
    void whoCannotBeToldIsToldLater() {
        listening = false;
        hearNothingFor(15);
        listening = true;

        hearNothingFor(4);
        assertThat(words).isEmpty();
        hearNothingFor(1);

        assertThat(words).containsExactly("3 of 4, none since 2026-01-02T03:04:05Z");
    }

    private void hearNothingFor(int seconds) {
        for (int i = 0; i < seconds; i++) {
            now = now.plusSeconds(1);
            silence.goesOn("3 of 4");
        }
    }
}
