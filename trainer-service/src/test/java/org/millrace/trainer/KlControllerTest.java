package org.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class KlControllerTest {

    @Test
    void followsTheFormulaWithinItsBounds() {
        KlController raised = new KlController(0.3, 6, 0.1);

        assertThat(raised.after(6.6).coefficient()).isCloseTo(0.3 * 1.1, within(1e-15));
        assertThat(raised.after(60).coefficient()).isCloseTo(0.3 * 1.2, within(1e-15));
        assertThat(raised.after(5.4).coefficient()).isCloseTo(0.3 * 0.9, within(1e-15));
        assertThat(raised.after(0).coefficient()).isCloseTo(0.3 * 0.8, within(1e-15));
        assertThat(raised.after(6)).isEqualTo(raised);
    }

    @Test
    void comesBackToWhereItBeganAndNoLower() {
        KlController controller = new KlController(0.1, 6);
        assertThat(controller.after(0)).isEqualTo(controller);

        KlController raised = controller.after(60).after(60);
        assertThat(raised.coefficient()).isCloseTo(0.144, within(1e-15));
        for (int round = 0; round < 3; round++) {
            raised = raised.after(0);
        }

        assertThat(raised).isEqualTo(controller);
    }

    @Test
    void withoutATargetItIsFixed() {
        KlController fixed = new KlController(0.05, 0);

        assertThat(fixed.after(1_000)).isEqualTo(fixed);
    }

    @Test
    void whatIsNoNumberIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new KlController(0.1, Double.NaN))
                .withMessage("kl: expected a coefficient, a target and a least coefficient of at least 0, got 0.1, NaN"
                        + " and 0.1");
    }
}
