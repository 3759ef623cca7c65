package org.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class KlControllerTest {

    @Test
    void followsTheFormulaWithinItsBounds() {
        KlController controller = new KlController(0.1, 6);

        assertThat(controller.after(6.6, 500).coefficient()).isCloseTo(0.1 * (1 + 0.1 * 500 / 10_000), within(1e-15));
        assertThat(controller.after(60, 500).coefficient()).isCloseTo(0.1 * (1 + 0.2 * 500 / 10_000), within(1e-15));
        assertThat(controller.after(0, 500).coefficient()).isCloseTo(0.1 * (1 - 0.2 * 500 / 10_000), within(1e-15));
        assertThat(controller.after(6, 500)).isEqualTo(controller);
    }

    @Test
    void withoutATargetItIsFixed() {
        KlController fixed = new KlController(0.05, 0);

        assertThat(fixed.after(1_000, 1_000)).isEqualTo(fixed);
    }
}
