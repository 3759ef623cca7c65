package org.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PairLossTest {

    private static final List<Comparison.Pair> CHAIN =
            List.of(new Comparison.Pair(0, 1), new Comparison.Pair(0, 2), new Comparison.Pair(1, 2));

    @Test
    void isTheMeanOverPairs() {
        double[] scores = {1.5, 0.25, -1};
        double sum = 0;
        for (Comparison.Pair pair : CHAIN) {
            double gap = scores[pair.better()] - scores[pair.worse()];
            sum += -Math.log(1 / (1 + Math.exp(-gap)));
            sum += 0.001
                    * 0.5
                    * (scores[pair.better()] * scores[pair.better()] + scores[pair.worse()] * scores[pair.worse()]);
        }

        assertThat(PairLoss.of(scores, CHAIN)).isCloseTo(sum / 3, within(1e-14));
    }

    @Test
    void aGapOfAThousandIsFinite() {
        List<Comparison.Pair> one = List.of(new Comparison.Pair(0, 1));

        assertThat(PairLoss.of(new double[] {-500, 500}, one)).isCloseTo(1_000 + 250, within(1e-9));
        assertThat(PairLoss.of(new double[] {500, -500}, one)).isCloseTo(250, within(1e-9));
    }

    /// With equal scores every pair costs ln 2, however many there are: K does not scale the
    /// loss.
    @Test
    void itsScaleDoesNotDependOnTheNumberOfCandidates() {
        assertThat(PairLoss.of(new double[3], CHAIN)).isCloseTo(Math.log(2), within(1e-15));
        assertThat(PairLoss.of(new double[2], CHAIN.subList(0, 1))).isCloseTo(Math.log(2), within(1e-15));
    }

    @Test
    void isLeastWhenScoresFollowTheRanking() {
        Random random = new Random(1);
        double ordered = PairLoss.of(new double[] {1, 0, -1}, CHAIN);

        for (int i = 0; i < 100; i++) {
            double[] same = {1, 0, -1};
            for (int k = 2; k > 0; k--) {
                int other = random.nextInt(k + 1);
                double swapped = same[k];
                same[k] = same[other];
                same[other] = swapped;
            }
            assertThat(PairLoss.of(same, CHAIN)).isGreaterThanOrEqualTo(ordered);
        }
    }
}
