package org.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class ComparisonTest {

    private static Comparison of(int prompt, List<int[]> ranking) {
        return new Comparison(
                new int[] {0, prompt}, List.of(new int[] {1}, new int[] {2, 3}, new int[] {4, 5, 6}), ranking);
    }

    @Test
    void tiesMakeNoPairs() {
        Comparison comparison = of(1, List.of(new int[] {2}, new int[] {0, 1}));

        assertThat(comparison.pairs()).containsExactly(new Comparison.Pair(2, 0), new Comparison.Pair(2, 1));
    }

    @Test
    void everyCandidateIsRankedOnce() {
        for (List<int[]> ranking : List.of(
                List.of(new int[] {0}, new int[] {1}),
                List.of(new int[] {0, 1}, new int[] {1, 2}),
                List.of(new int[] {0, 1, 3}),
                List.of(new int[] {0, 1, -1}))) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> of(1, ranking))
                    .withMessageContaining("ranking");
        }
    }

    @Test
    void aSequenceIsPromptAndAnswer() {
        assertThat(of(9, List.of(new int[] {0, 1, 2})).sequence(1)).containsExactly(0, 9, 2, 3);
    }

    @Test
    void twoInEightAreHeldOutAndAnotherSelects() {
        int heldOut = 0;
        int selection = 0;
        for (int prompt = 0; prompt < 8_000; prompt++) {
            Comparison comparison = of(prompt, List.of(new int[] {0, 1, 2}));
            heldOut += comparison.heldOut() ? 1 : 0;
            selection += comparison.forSelection() ? 1 : 0;
            assertThat(comparison.heldOut() && comparison.forSelection()).isFalse();
        }

        // 2,000 and 1,000 expected, deviations 39 and 30
        assertThat(heldOut).isBetween(1_800, 2_200);
        assertThat(selection).isBetween(850, 1_150);
    }

    @Test
    void qualityCountsPairsAndKnowsTheLengthBaseline() {
        Comparison first = of(1, List.of(new int[] {2}, new int[] {1}, new int[] {0})); // longer is better, three pairs
        Comparison second = of(2, List.of(new int[] {0}, new int[] {1, 2})); // shorter is better, two pairs
        List<double[]> scores = List.of(new double[] {0, 1, 2}, new double[] {1, 1, 0});

        RankingQuality quality = RankingQuality.of(List.of(first, second), scores, true);

        assertThat(quality.pairs()).isEqualTo(5);
        assertThat(quality.accuracy()).isCloseTo((3 + 0.5 + 1) / 5, within(1e-12));
        assertThat(quality.tau()).isCloseTo((1.0 + 0.5) / 2, within(1e-12));
        assertThat(quality.lengthBaseline()).isCloseTo(3.0 / 5, within(1e-12));
        assertThat(RankingQuality.longerIsBetter(List.of(first, second))).isTrue();
        assertThat(RankingQuality.longerIsBetter(List.of(second))).isFalse();
    }

    @Test
    void trajectoriesThatCannotBeTrainedOnAreRefused() {
        int[] one = {1};
        float[] logProb = {-0.5f};
        long[] version = {1};
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Trajectory(one, one, logProb, version, Double.NaN, true))
                .withMessageContaining("reward");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Trajectory(one, new int[0], new float[0], new long[0], 1, true))
                .withMessageContaining("tokens");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Trajectory(one, one, new float[] {Float.NEGATIVE_INFINITY}, version, 1, true))
                .withMessageContaining("log_probs");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Trajectory(one, one, new float[] {0.5f}, version, 1, true))
                .withMessageContaining("log_probs");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Trajectory(one, one, new float[2], version, 1, true))
                .withMessageContaining("one a token");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Trajectory(one, one, logProb, version, new boolean[2], 1, true))
                .withMessage("forced: expected none or 1, one a token, got 2");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Trajectory(one, one, logProb, version, new boolean[] {true}, 1, true))
                .withMessage("forced: expected at least 1 token that is not, got none of 1");
    }
}
