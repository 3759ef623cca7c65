package org.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdmissionTest {

    @ParameterizedTest
    @CsvSource({
        // η, version, submitted, capacity with B = 8
        "0, 0, 0, 8",
        "0, 0, 8, 0",
        "0, 1, 8, 8",
        "2, 0, 0, 24",
        "2, 0, 23, 1",
        "2, 0, 24, 0",
        "2, 1, 24, 8",
        "16, 5, 0, 176",
        "0, 0, 9, 0",
    })
    void promptsGoOutAsFarAsStalenessAllows(int maxStaleness, long version, long submitted, long capacity) {
        assertThat(new Admission(maxStaleness, 8).capacity(version, submitted)).isEqualTo(capacity);
    }

    /// A rollout of round r is drawn with weights that have learned from at least r − 1 − η rounds.
    @Test
    void noPromptCanBecomeStalerThanAsked() {
        for (int maxStaleness = 0; maxStaleness < 5; maxStaleness++) {
            Admission admission = new Admission(maxStaleness, 3);
            long submitted = 0;
            for (long version = 0; version < 20; version++) {
                for (long i = admission.capacity(version, submitted); i > 0; i--) {
                    long staleness = admission.round(submitted++) - 1 - version;
                    assertThat(staleness).isBetween(0L, (long) maxStaleness);
                }
            }
            assertThat(submitted).isEqualTo((19 + maxStaleness + 1) * 3);
        }
    }

    @Test
    void aRoundWithoutPromptsIsRefused() {
        assertThatThrownBy(() -> new Admission(0, 0)).isInstanceOf(IllegalArgumentException.class);
    }
}
