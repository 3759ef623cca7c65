package org.millrace.trainer.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class TrainerRunnerTest {

    /// How long Kubernetes and the local runtime wait before they kill; a quarter of it is for the record and
    /// for closing.
    private static final Duration KILLED_AFTER = Duration.ofSeconds(45);

    @Test
    void aStopPutsItsRunBackBeforeItIsKilled() {
        assertThat(TrainerRunner.DRAIN.plus(TrainerRunner.PATIENCE))
                .isLessThan(KILLED_AFTER.multipliedBy(3).dividedBy(4));
    }
}
