package org.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class OutliersTest {

    private static Outliers full(Random random) {
        Outliers outliers = new Outliers();
        for (int i = 0; i < Outliers.WINDOW; i++) {
            assertThat(outliers.has(i == 0 ? 1e9 : 2 + 0.1 * random.nextGaussian(), 1 + 0.1 * random.nextGaussian()))
                    .as("there is nothing to compare with yet")
                    .isFalse();
        }
        outliers.has(2, 1); // pushes the large one out
        return outliers;
    }

    @Test
    void onlyWhatStandsOutUpwardsIsOne() {
        Outliers outliers = full(new Random(1));

        assertThat(outliers.has(2.5, 1)).as("five deviations").isFalse();
        assertThat(outliers.has(0, 0)).as("better than ever").isFalse();
        assertThat(outliers.has(4, 1)).as("loss").isTrue();
        assertThat(outliers.has(2, 40)).as("norm").isTrue();
        assertThat(outliers.has(Double.NaN, 1)).as("not finite").isFalse();
    }

    /// A model that stays at another level must not be refused for ever.
    @Test
    void aNewLevelIsGotUsedTo() {
        Outliers outliers = full(new Random(2));
        int refused = 0;
        for (int i = 0; i < Outliers.WINDOW; i++) {
            refused += outliers.has(9, 1) ? 1 : 0;
        }

        assertThat(refused).isBetween(1, 5);
    }

    @Test
    void whatIsRestoredDecidesAlike() {
        Random random = new Random(3);
        Outliers outliers = full(random);
        Outliers restored = new Outliers();
        restored.restore(outliers.state());

        for (int i = 0; i < 300; i++) {
            double loss = 2 + 0.4 * random.nextGaussian();
            assertThat(restored.has(loss, 1)).isEqualTo(outliers.has(loss, 1));
        }
    }
}
