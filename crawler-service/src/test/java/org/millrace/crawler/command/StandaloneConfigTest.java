package org.millrace.crawler.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.lang.reflect.Field;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StandaloneConfigTest {

    @Test
    void whoWaitsForTheEndWaitsForOneRestOfADeadHost() {
        assertThat(StandaloneConfig.read(Map.of()).maxRests()).isEqualTo(1);
        assertThat(StandaloneConfig.read(Map.of("millrace.crawler.max-rests", "4"))
                        .maxRests())
                .isEqualTo(4);
    }

    @Min(2)
    @Max(9_000)
    private static final int BOUNDS = 2;

    @ParameterizedTest
    @CsvSource({
        "true, true, 1, '2 to 9,000'",
        "true, true, 9001, '2 to 9,000'",
        "true, false, 1, at least 2",
        "false, true, 9001, 'at most 9,000'"
    })
    void eitherBoundHoldsWithoutTheOther(boolean isMin, boolean isMax, int value, String expected) throws Exception {
        Field bounds = StandaloneConfigTest.class.getDeclaredField("BOUNDS");
        Min min = isMin ? bounds.getAnnotation(Min.class) : null;
        Max max = isMax ? bounds.getAnnotation(Max.class) : null;

        assertThatThrownBy(() -> StandaloneConfig.check("tries", value, min, max))
                .isInstanceOf(StandaloneConfig.Unfit.class)
                .hasMessage("tries: expected %s, got %d".formatted(expected, value));
        StandaloneConfig.check("tries", BOUNDS, min, max);
    }
}
