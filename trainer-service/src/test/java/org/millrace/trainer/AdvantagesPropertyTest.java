package org.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;

class AdvantagesPropertyTest {

    /// The definition, written as the double sum `A_t = Σ_k (γλ)^k·δ_{t+k}`: the naive twin, and
    /// the documented bound.
    @Property(tries = 300)
    void theRecursionIsTheSum(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 60) int length,
            @ForAll @DoubleRange(min = 0, max = 1) double discount,
            @ForAll @DoubleRange(min = 0, max = 1) double lambda) {
        Random random = new Random(seed);
        double[] rewards = random.doubles(length, -10, 10).toArray();
        double[] values = random.doubles(length, -10, 10).toArray();

        double[] advantages = Advantages.generalised(rewards, values, discount, lambda);

        for (int t = 0; t < length; t++) {
            double sum = 0;
            double magnitude = 0;
            for (int k = t; k < length; k++) {
                double after = k + 1 < length ? values[k + 1] : 0;
                double weight = Math.pow(discount * lambda, k - t);
                sum += weight * (rewards[k] + discount * after - values[k]);
                magnitude += Math.abs(rewards[k]) + Math.abs(after) + Math.abs(values[k]);
            }
            assertThat(Math.abs(advantages[t] - sum)).isLessThanOrEqualTo(length * 0x1p-50 * magnitude);
        }
    }

    @Property(tries = 200)
    void whitenedAdvantagesHaveMeanZeroAndVarianceOne(
            @ForAll long seed, @ForAll @IntRange(min = 2, max = 20) int answers) {
        Random random = new Random(seed);
        double[][] advantages = new double[answers][];
        long count = 0;
        for (int i = 0; i < answers; i++) {
            advantages[i] = random.doubles(1 + random.nextInt(30), -3, 5).toArray();
            count += advantages[i].length;
        }

        Advantages.whiten(advantages);

        double sum = 0;
        double squares = 0;
        for (double[] answer : advantages) {
            for (double advantage : answer) {
                sum += advantage;
                squares += advantage * advantage;
            }
        }
        assertThat(sum / count).isBetween(-1e-9, 1e-9);
        assertThat(squares / count).isBetween(1 - 1e-4, 1 + 1e-9);
    }
}
