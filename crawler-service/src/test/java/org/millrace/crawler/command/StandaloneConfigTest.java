package org.millrace.crawler.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class StandaloneConfigTest {

    @Test
    void whoWaitsForTheEndWaitsForOneRestOfADeadHost() {
        assertThat(StandaloneConfig.read(Map.of()).maxRests()).isEqualTo(1);
        assertThat(StandaloneConfig.read(Map.of("millrace.crawler.max-rests", "4"))
                        .maxRests())
                .isEqualTo(4);
    }
}
