package org.millrace.cli.eval.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Against what is worked out by hand.
class StatisticsTest {

    private static final Offset<Double> ROUNDING = within(1e-12);
    private static final long SEED = 1234;

    @Test
    void wilsonOfNoneAndAllHasAWidth() {
        double z2 = 1.959963984540054 * 1.959963984540054;

        assertThat(Interval.wilson(0, 10).low()).isZero();
        assertThat(Interval.wilson(0, 10).high()).isCloseTo(z2 / (10 + z2), ROUNDING);
        assertThat(Interval.wilson(10, 10).low()).isCloseTo(10 / (10 + z2), ROUNDING);
        assertThat(Interval.wilson(10, 10).high()).isEqualTo(1);
    }

    @Test
    void aSplitOfEightToTwo() {
        assertThat(SignTest.twoSided(8, 2)).isCloseTo(2 * (1 + 10 + 45) / 1024.0, ROUNDING);
        assertThat(SignTest.twoSided(2, 8)).isEqualTo(SignTest.twoSided(8, 2));
        assertThat(SignTest.twoSided(5, 5)).isEqualTo(1);
        assertThat(SignTest.twoSided(0, 0)).isEqualTo(1);
        assertThat(SignTest.twoSided(0, 3)).isCloseTo(0.25, ROUNDING);
    }

    /// Of 0, 0, 3 the mean of three drawn ones is how often 3 was drawn: 0 with 8/27, 1 with 12/27, 2 with 6/27, 3
    /// with 1/27, which is more than 2.5 %.
    @Test
    void theBootstrapOfThreeItemsIsKnown() {
        Figure figure = Figure.mean("x", new double[] {0, 0, 3});

        assertThat(figure.value()).isEqualTo(1);
        assertThat(figure.interval(SEED)).hasValue(new Interval(0, 3));
    }

    /// A mean of many lies where the normal distribution says: `±1.96·σ/√n = ±0.049`. A thousand resamples know a
    /// bound to about a tenth of that.
    @Test
    void theBootstrapOfManyItemsIsAsTheNormalDistribution() {
        double[] halves = IntStream.range(0, 1600).mapToDouble(i -> i % 2).toArray();

        Interval interval = Figure.mean("x", halves).interval(SEED).orElseThrow();

        assertThat(interval.low()).isCloseTo(0.5 - 1.96 * 0.5 / 40, within(0.003));
        assertThat(interval.high()).isCloseTo(0.5 + 1.96 * 0.5 / 40, within(0.003));
    }

    @Test
    void theSameSeedGivesTheSameInterval() {
        Figure figure = Figure.mean("x", new double[] {1, 4, 2, 8, 5, 7});

        assertThat(figure.interval(SEED)).isEqualTo(figure.interval(SEED)).isNotEqualTo(figure.interval(SEED + 1));
    }

    @Test
    void oneItemHasNoInterval() {
        assertThat(Figure.mean("x", new double[] {2}).interval(SEED)).isEmpty();
    }

    /// What no item has in common with others must not blow the interval up: the same items are drawn for both.
    @Test
    void aDifferenceIsPaired() {
        double[] these = {1, 40, 300, 7, 90};
        double[] those = Arrays.stream(these).map(x -> x - 2).toArray();

        Figure.Difference difference = Figure.mean("x", these).less(Figure.mean("x", those), SEED);

        assertThat(difference.value()).isCloseTo(2, ROUNDING);
        Interval interval = difference.interval().orElseThrow();
        assertThat(interval.low()).isCloseTo(2, ROUNDING);
        assertThat(interval.high()).isCloseTo(2, ROUNDING);
        assertThat(difference.p()).isEmpty();
    }

    @Test
    void aRatioIsOfSumsNotOfItems() {
        Figure bits = Figure.ratio("bits", new double[] {10, 2}, new double[] {5, 2});

        assertThat(bits.value()).isEqualTo(12.0 / 7);
        assertThat(bits.value(1, 1)).isEqualTo(1);
    }

    /// Ten items on which they disagree, eight to two; ninety on which they do not.
    @Test
    void mcNemarLooksAtWhereTheyDisagree() {
        Boolean[] these = new Boolean[100];
        Boolean[] those = new Boolean[100];
        for (int i = 0; i < 100; i++) {
            these[i] = i < 8 || i >= 30;
            those[i] = i >= 8 && i < 10 || i >= 30;
        }

        Figure.Difference difference = Figure.share("x", these).less(Figure.share("x", those), SEED);

        assertThat(difference.value()).isCloseTo(0.06, ROUNDING);
        assertThat(difference.p()).hasValueSatisfying(p -> assertThat(p).isCloseTo(0.109375, ROUNDING));
    }

    @Test
    void aShareIsOfThoseThatCount() {
        Figure share = Figure.share("x", new @Nullable Boolean[] {true, null, false, true, null});

        assertThat(share.value()).isCloseTo(2.0 / 3, ROUNDING);
        assertThat(share.counted()).isEqualTo(3);
        assertThat(share.interval(SEED)).hasValue(Interval.wilson(2, 3));
    }

    @Test
    void centredIsNothingForGuessingAndOneForAll() {
        Figure half = Figure.share("x", new Boolean[] {true, false}).centred("c", 0.25);

        assertThat(half.value()).isCloseTo((0.5 - 0.25) / 0.75, ROUNDING);
        Interval raw = Interval.wilson(1, 2);
        assertThat(half.interval(SEED).orElseThrow().low()).isCloseTo((raw.low() - 0.25) / 0.75, ROUNDING);
        assertThat(Figure.share("x", new Boolean[] {true}).centred("c", 0.25).value())
                .isEqualTo(1);
        assertThatThrownBy(() -> half.centred("c", 1)).hasMessageContaining("baseline: expected 0 or more and below 1");
    }

    @Test
    void tasksWeighTheSameHoweverManyItemsTheyHave() {
        Figure small = Figure.share("small", new Boolean[] {true, true});
        Figure large = Figure.share(
                "large", IntStream.range(0, 50).mapToObj(i -> false).toArray(Boolean[]::new));
        MeanScore mean = new MeanScore(List.of(small, large));

        assertThat(mean.value()).isEqualTo(0.5);
        assertThat(mean.interval(SEED)).hasValue(new Interval(0.5, 0.5)); // each task's items are all alike
        assertThat(mean.less(new MeanScore(List.of(large, large)), SEED).value())
                .isEqualTo(0.5);
    }

    /// Two answers at 0.8 and 0.9, one of them right; two at 0.3, both right; one at exactly 0.3 belongs below.
    @Test
    void theCalibrationErrorOfFourAnswers() {
        Calibration calibration =
                Calibration.of(new double[] {0.8, 0.9, 0.3, 0.3}, new boolean[] {true, false, true, true}, 2);

        assertThat(calibration.bins())
                .containsExactly(
                        new Calibration.Bin(0, 0.5, 2, 0.3, 2), new Calibration.Bin(0.5, 1, 2, 0.8500000000000001, 1));
        assertThat(calibration.error()).isCloseTo(0.5 * 0.7 + 0.5 * 0.35, ROUNDING);
        assertThat(Optional.of(Calibration.of(new double[0], new boolean[0], 10).error()))
                .hasValue(Double.NaN);
    }
}
