package org.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CadenceTest {

    @ParameterizedTest
    @CsvSource({
        "0, 20",
        "999999, 20",
        "1000000, 19",
        "19000000, 1",
        "19999999, 1",
        "20000000, 20",
        "-1, 1",
        "-1000001, 2",
        "-20000000, 20"
    })
    void theNextBeatIsTheNextMultipleOfThePeriod(long nanos, long milliseconds) {
        assertThat(Cadence.untilNext(nanos)).isEqualTo(milliseconds);
    }
}
