package org.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class AdvantagesTest {

    @Test
    void withLambdaOneTheAdvantageIsTheReturnMinusTheValue() {
        double[] advantages = Advantages.generalised(new double[] {0, -0.5, 2}, new double[] {1, 0.25, 0.5}, 1, 1);

        assertThat(advantages).containsExactly(new double[] {0.5, 1.25, 1.5}, within(1e-12));
    }

    @Test
    void withLambdaZeroItIsTheErrorOfOneStep() {
        double[] advantages = Advantages.generalised(new double[] {0, -0.5, 2}, new double[] {1, 0.25, 0.5}, 1, 0);

        assertThat(advantages).containsExactly(new double[] {0.25 - 1, -0.5 + 0.5 - 0.25, 2 - 0.5}, within(1e-12));
    }

    @Test
    void theValueAfterTheLastTokenIsZero() {
        assertThat(Advantages.generalised(new double[] {3}, new double[] {1}, 0.9, 0.95)[0])
                .isEqualTo(2);
    }

    @Test
    void theRewardIsOnTheLastDrawnTokenAndThePenaltyOnEach() {
        double[] rewards = Advantages.penalised(new float[] {-1, -2, -3}, new float[] {-1.5f, -2, -2}, 4, 0.1);

        assertThat(rewards).containsExactly(new double[] {-0.05, 0, 4.1}, within(1e-12));
    }

    @Test
    void whiteningUsesTheBiasedVarianceOfAllTokens() {
        double[][] advantages = {{1, 2}, {6}};

        double before = Advantages.whiten(advantages);

        double deviation = Math.sqrt(14.0 / 3);
        assertThat(before).isCloseTo(deviation, within(1e-7));
        assertThat(advantages[0]).containsExactly(new double[] {-2 / deviation, -1 / deviation}, within(1e-7));
        assertThat(advantages[1]).containsExactly(new double[] {3 / deviation}, within(1e-7));
    }

    @Test
    void equalAdvantagesBecomeZeroAndNotNotANumber() {
        double[][] advantages = {{0.7, 0.7}};

        Advantages.whiten(advantages);

        assertThat(advantages[0]).containsExactly(0, 0);
    }

    @Test
    void lengthsMustAgree() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Advantages.generalised(new double[2], new double[3], 1, 1))
                .withMessage("values: expected 2, one a reward, got 3");
    }
}
