package org.millrace.trainer.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AbstractTensor;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.trainer.Budget;
import org.millrace.trainer.Comparison;
import org.millrace.trainer.Outcome;
import org.millrace.trainer.PairLoss;
import org.millrace.trainer.Plan;
import org.millrace.trainer.TrainingFailed;

class RewardTrainingTest {

    private static final int LIKED = 7;

    @TempDir
    Path temp;

    /// Answers of random ids and lengths; the one with more of the liked id is better, whatever
    /// its length.
    static List<Comparison> comparisons(int count) {
        Random random = new Random(2);
        List<Comparison> comparisons = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int[] prompt = {Tiny.BOS, random.nextInt(Tiny.BOS), random.nextInt(Tiny.BOS), 17};
            List<int[]> candidates = new ArrayList<>();
            List<int[]> groups = new ArrayList<>();
            for (int liked = 3; liked >= 0; liked--) {
                int[] answer = new int[liked + 1 + random.nextInt(6 - liked)];
                for (int t = 0; t < answer.length - 1; t++) {
                    answer[t] = t < liked ? LIKED : random.nextInt(LIKED);
                }
                answer[answer.length - 1] = Tiny.EOS;
                groups.add(new int[] {candidates.size()});
                candidates.add(answer);
            }
            comparisons.add(new Comparison(prompt, candidates, groups));
        }
        return comparisons;
    }

    @Test
    void learnsWhatPeopleLikedAndNotTheLength() throws Exception {
        Path base = Tiny.checkpoint(temp.resolve("base"), Tiny.model(4, false, true), 1);
        Tiny.Notes notes = new Tiny.Notes(temp);
        List<Comparison> comparisons = comparisons(160);

        Outcome outcome;
        try (Checkpoint checkpoint = Checkpoint.open(base)) {
            outcome = new RewardTraining(ScalarType.Float)
                    .run(
                            new Plan.TrainReward(new Budget(150, 0), 1, 0.5, 8),
                            checkpoint,
                            comparisons,
                            List.of(),
                            notes);
        }

        assertThat(outcome.figures().get("held_out_pairs")).isGreaterThan(40);
        assertThat(outcome.figures().get("held_out_accuracy"))
                .isGreaterThan(0.9)
                .isGreaterThan(outcome.figures().get("held_out_length_baseline"));
        assertThat(outcome.figures().get("held_out_kendall_tau")).isGreaterThan(0.8);
        Path published = notes.published.values().iterator().next();
        try (Checkpoint reward = Checkpoint.open(published);
                PointerScope scope = new PointerScope()) {
            Decoder decoder = new Decoder(Parameters.of(reward), ScalarType.Float);
            List<int[]> candidates = new ArrayList<>();
            for (Comparison comparison : comparisons) {
                for (int i = 0; i < 4; i++) {
                    candidates.add(comparison.sequence(i));
                }
            }
            double[] scores = Scorer.measure(decoder, candidates);
            double mean = 0;
            double squares = 0;
            for (double score : scores) {
                double normalised =
                        (score - reward.config().rewardMean()) / reward.config().rewardDeviation();
                mean += normalised / scores.length;
                squares += normalised * normalised / scores.length;
            }
            assertThat(reward.config().scalarHead()).isTrue();
            assertThat(mean).isCloseTo(0, within(1e-4));
            assertThat(squares).isCloseTo(1, within(1e-3));
        }
    }

    /// The tensors' loss is the documented formula, ties skipped, prompts weighing the same.
    @Test
    void theLossIsThatOfThePlainFormula() {
        Comparison three = new Comparison(
                new int[] {1},
                List.of(new int[] {2}, new int[] {3}, new int[] {4}),
                List.of(new int[] {1}, new int[] {0, 2}));
        Comparison two = new Comparison(
                new int[] {5}, List.of(new int[] {2}, new int[] {3}), List.of(new int[] {0}, new int[] {1}));
        float[] scores = {0.5f, -2, 30, 1.25f, 0.25f};

        try (PointerScope scope = new PointerScope()) {
            Tensor loss = RewardTraining.loss(AbstractTensor.create(scores, 5), List.of(three, two));

            double expected = (PairLoss.of(new double[] {0.5, -2, 30}, three.pairs())
                            + PairLoss.of(new double[] {1.25, 0.25}, two.pairs()))
                    / 2;
            assertThat(loss.item_double()).isCloseTo(expected, within(1e-5));
        }
    }

    @Test
    void aGapOfAThousandHasAFiniteLossAndGradient() {
        Comparison wrong = new Comparison(
                new int[] {5}, List.of(new int[] {2}, new int[] {3}), List.of(new int[] {0}, new int[] {1}));
        try (PointerScope scope = new PointerScope()) {
            Tensor scores = AbstractTensor.create(new float[] {-500, 500}, 2).set_requires_grad(true);

            Tensor loss = RewardTraining.loss(scores, List.of(wrong));
            loss.backward();

            assertThat(loss.item_double()).isCloseTo(1_250, within(0.01));
            assertThat(Parameters.values(scores.grad())).containsExactly(new float[] {-1.5f, 1.5f}, within(1e-4f));
        }
    }

    @Test
    void nothingButTiesIsRefused() throws Exception {
        Path base = Tiny.checkpoint(temp.resolve("base"), Tiny.model(4, false, true), 1);
        Comparison tie =
                new Comparison(new int[] {5}, List.of(new int[] {2}, new int[] {3}), List.of(new int[] {0, 1}));
        try (Checkpoint checkpoint = Checkpoint.open(base)) {
            assertThatExceptionOfType(TrainingFailed.class)
                    .isThrownBy(() -> new RewardTraining(ScalarType.Float)
                            .run(
                                    new Plan.TrainReward(new Budget(1, 0), 1, 0, 0),
                                    checkpoint,
                                    List.of(tie),
                                    List.of(),
                                    new Tiny.Notes(temp)))
                    .withMessageContaining("preferred candidate");
        }
    }
}
