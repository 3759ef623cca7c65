package org.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SamplerTest {

    /// Shares 0.4, 0.3, 0.2, 0.1, in another order than the ids.
    private static final float[] LOGITS = {log(0.2), log(0.4), log(0.1), log(0.3)};

    private final Sampler sampler = new Sampler(4, 4);

    @Test
    void allAreDrawnByTheirShares() {
        assertShares(new Sampling(1, 0, 1, 1), 0.2, 0.4, 0.1, 0.3);
    }

    @Test
    void topKKeepsTheLikeliest() {
        assertShares(new Sampling(1, 2, 1, 1), 0, 4 / 7.0, 0, 3 / 7.0);
    }

    @Test
    void topPKeepsTheLikeliestThatReachTheShare() {
        assertShares(new Sampling(1, 0, 0.65, 1), 0, 4 / 7.0, 0, 3 / 7.0);
        assertShares(new Sampling(1, 0, 0.75, 1), 2 / 9.0, 4 / 9.0, 0, 3 / 9.0);
    }

    @Test
    void topPCountsSharesOfWhatTopKHasLeft() {
        // Of the first three the shares are 4/9, 3/9, 2/9: two of them reach 0.7.
        assertShares(new Sampling(1, 3, 0.7, 1), 0, 4 / 7.0, 0, 3 / 7.0);
    }

    @Test
    void temperatureSharpensAndFlattens() {
        assertShares(new Sampling(0.5, 0, 1, 1), 4 / 30.0, 16 / 30.0, 1 / 30.0, 9 / 30.0);
    }

    @Test
    void zeroTemperatureTakesTheLikeliest() {
        assertShares(new Sampling(0, 0, 1, 1), 0, 1, 0, 0);
    }

    @Test
    void equalLogitsAreOrderedById() {
        float[] equal = {1, 1, 1, 1};
        var random = new SplittableRandom(1);

        assertThat(sampler.draw(equal, new Sampling(1, 1, 1, 1), none(), 0, random)
                        .token())
                .isZero();
        assertThat(sampler.draw(equal, new Sampling(0, 0, 1, 1), none(), 0, random)
                        .token())
                .isZero();
    }

    @Test
    void paddingOfTheMatrixIsNeverDrawnThoughItCounts() {
        var padded = new Sampler(4, 3); // id 3 has no text
        var random = new SplittableRandom(2);

        for (Sampling sampling : new Sampling[] {new Sampling(1, 0, 1, 1), new Sampling(1, 0, 0.99, 1)}) {
            for (int i = 0; i < 1_000; i++) {
                Sampler.Draw draw = padded.draw(LOGITS, sampling, none(), 0, random);
                assertThat(draw.token()).isLessThan(3);
                assertThat(draw.logProb()).isCloseTo(LOGITS[draw.token()], within(1e-6));
            }
        }
    }

    @Test
    void logProbabilitiesAreUntruncatedAndOfTheDividedLogits() {
        float[] logits = {2, -1, 1000, 999.5f};
        double divisor = 0.8;
        double[] scaled = {2 / divisor, -1 / divisor, 1000 / divisor, 999.5 / divisor};
        double logSum = scaled[2] + Math.log1p(Math.exp(scaled[3] - scaled[2]));

        Sampler.Draw draw = sampler.draw(logits, new Sampling(divisor, 1, 1, 1), none(), 0, new SplittableRandom(3));

        assertThat(draw.token()).isEqualTo(2);
        assertThat(draw.logProb()).isCloseTo(scaled[2] - logSum, within(1e-12));
        assertThat(sampler.logProb(logits, 3, divisor)).isCloseTo(scaled[3] - logSum, within(1e-12));
    }

    /// Rows of the matrix above the tokenizer's ids: zeros, as some models have them.
    @Test
    void paddingThatOutweighsAllTokensLeavesTheLikeliest() {
        float[] logits = {-11, -10, -12, 0, 0};
        var padded = new Sampler(5, 3);

        for (double topP : new double[] {1, 0.9}) {
            Sampler.Draw draw = padded.draw(logits, new Sampling(0.01, 0, topP, 1), none(), 0, new SplittableRandom(3));

            assertThat(draw.token()).isEqualTo(1);
            assertThat(draw.logProb()).isCloseTo(-1000 - Math.log(2), within(1e-9));
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
    void fromWhatIsNoNumberNothingIsDrawn(float wrong) {
        float[] logits = {1, wrong, 2, 0};
        for (Sampling sampling : List.of(
                new Sampling(0, 0, 1, 1),
                new Sampling(1, 0, 1, 1),
                new Sampling(1, 2, 1, 1),
                new Sampling(1, 0, 0.5, 1))) {
            assertThatExceptionOfType(NotFinite.class)
                    .isThrownBy(() -> sampler.draw(logits, sampling, none(), 0, new SplittableRandom(3)));
        }
        assertThatExceptionOfType(NotFinite.class).isThrownBy(() -> sampler.logProb(logits, 2, 1));
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, -1, 0.001, 101, Double.POSITIVE_INFINITY})
    void impossibleTemperaturesAreRefused(double temperature) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Sampling(temperature, 0, 1, 1))
                .withMessage("temperature: expected 0, or 0.01 to 100, got " + temperature);
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, -0.1, 0, 1.1})
    void impossibleSharesAreRefused(double topP) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Sampling(1, 0, topP, 1))
                .withMessage("top_p: expected above 0 and at most 1, got " + topP);
    }

    /// 20,000 draws: the standard error of a share is at most 0.0036, so 0.016 is over four of them.
    private void assertShares(Sampling sampling, double... expected) {
        var random = new SplittableRandom(11);
        int draws = 20_000;
        double[] shares = new double[expected.length];
        for (int i = 0; i < draws; i++) {
            shares[sampler.draw(LOGITS, sampling, none(), 0, random).token()] += 1.0 / draws;
        }
        assertThat(shares).as(Arrays.toString(shares)).containsExactly(expected, within(0.016));
        for (int id = 0; id < expected.length; id++) {
            if (expected[id] == 0) {
                assertThat(shares[id]).isZero();
            }
        }
    }

    private static History none() {
        return new History(new int[0], new Sampling(1, 0, 1, 1));
    }

    private static float log(double share) {
        return (float) Math.log(share);
    }
}
