package org.millrace.cli.eval.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.NotEmpty;
import net.jqwik.api.constraints.Size;

/// Against slow twins.
class StatisticsPropertyTest {

    /// The bounds are the shares p for which `|k/n − p| = z·√(p(1−p)/n)`.
    @Property(tries = 200)
    void wilsonsBoundsAreWhereTheScoreIsZ(
            @ForAll @IntRange(min = 1, max = 5000) int trials, @ForAll @IntRange(max = 5000) int wanted) {
        int successes = Math.min(wanted, trials);

        Interval interval = Interval.wilson(successes, trials);

        double share = (double) successes / trials;
        assertThat(share).isBetween(interval.low() - 1e-12, interval.high() + 1e-12);
        for (double bound : new double[] {interval.low(), interval.high()}) {
            if (bound > 0 && bound < 1) {
                assertThat(Math.abs(share - bound))
                        .isCloseTo(1.959963984540054 * Math.sqrt(bound * (1 - bound) / trials), within(1e-9));
            }
        }
    }

    /// Whole numbers of any length.
    @Property(tries = 100)
    void theSignTestIsTheSumOfBinomials(
            @ForAll @IntRange(max = 400) int first, @ForAll @IntRange(max = 400) int second) {
        int n = first + second;
        BigInteger ways = BigInteger.ZERO;
        BigInteger binomial = BigInteger.ONE;
        for (int i = 0; i <= Math.min(first, second); i++) {
            ways = ways.add(binomial);
            binomial = binomial.multiply(BigInteger.valueOf(n - i)).divide(BigInteger.valueOf(i + 1));
        }
        double exact = Math.min(
                1,
                new BigDecimal(ways.shiftLeft(1))
                        .divide(new BigDecimal(BigInteger.ONE.shiftLeft(n)), MathContext.DECIMAL64)
                        .doubleValue());

        assertThat(SignTest.twoSided(first, second)).isCloseTo(exact, within(1e-11 * exact));
    }

    @Property(tries = 200)
    void theCalibrationErrorIsTheSumOverBinsThatAreLookedThroughOneByOne(
            @ForAll @NotEmpty @Size(max = 60) List<@IntRange(max = 100) Integer> percents,
            @ForAll @IntRange(min = 2, max = 15) int bins) {
        double[] confidences = percents.stream().mapToDouble(p -> p / 100.0).toArray();
        boolean[] right = new boolean[confidences.length];
        for (int i = 0; i < right.length; i++) {
            right[i] = percents.get(i) % 3 == 0;
        }
        double slow = 0;
        for (int bin = 0; bin < bins; bin++) {
            double hits = 0;
            double sure = 0;
            for (int i = 0; i < confidences.length; i++) {
                double place = confidences[i] * bins;
                if (place > bin && place <= bin + 1 || bin == 0 && place == 0) {
                    hits += right[i] ? 1 : 0;
                    sure += confidences[i];
                }
            }
            slow += Math.abs(hits - sure) / confidences.length;
        }

        assertThat(Calibration.of(confidences, right, bins).error()).isCloseTo(slow, within(1e-12));
    }
}
