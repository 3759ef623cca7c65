package org.millrace.trainer.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.time.Duration;
import java.util.Properties;
import org.junit.jupiter.api.Test;

class TrainerRunnerTest {

    /// How long the local runtime waits before it kills; a quarter of it is for the record and for closing.
    private static final Duration KILLED_AFTER = Duration.ofSeconds(25);

    @Test
    void aStopPutsItsRunBackBeforeItIsKilled() throws Exception {
        Properties properties = new Properties();
        try (InputStream file = TrainerRunner.class.getResourceAsStream("/application.properties")) {
            properties.load(file);
        }
        // Used up whenever a Watch is open.
        Duration calls = Duration.parse("PT" + properties.getProperty("quarkus.shutdown.timeout"));

        assertThat(calls.plus(TrainerRunner.PATIENCE))
                .isLessThan(KILLED_AFTER.multipliedBy(3).dividedBy(4));
    }
}
