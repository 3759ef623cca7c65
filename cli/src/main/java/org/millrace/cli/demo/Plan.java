package org.millrace.cli.demo;

import java.time.Duration;
import org.millrace.proto.events.v1.TrainingPlan;

/// How much of everything a demo does. Both sizes do the same steps everywhere, so that their figures do not hang on
/// the machine: on 2 cores the full one fits 20 minutes, build included, and the quick one takes some 5 minutes
/// after the build. Why these numbers: `docs/log.md`.
///
/// @param entities of the world's main kind, 0 for all
/// @param vocabulary tokens, special ones included
/// @param examQuestions held-out questions asked at each exam, at most
record Plan(
        String name,
        int entities,
        int vocabulary,
        int examQuestions,
        Pretrain pretrain,
        FineTune fineTune,
        Rank rank,
        RewardModel rewardModel,
        Improve improve) {

    /// How long a model trains.
    ///
    /// @param expected what the steps take on 2 cores
    record Budget(int steps, Duration expected) {

        private static final int PATIENCE = 4;

        Budget(int steps, int seconds) {
            this(steps, Duration.ofSeconds(seconds));
        }

        /// On a machine that is slower than patience allows, training ends early.
        TrainingPlan.Builder plan() {
            return TrainingPlan.newBuilder().setMaxSteps(steps).setMaxSeconds(PATIENCE * expected.toSeconds());
        }
    }

    /// @param depth layers of the model; `width` overrides what follows from it
    /// @param rowsPerStep many small steps learn facts better than few large ones
    record Pretrain(Budget budget, int depth, int width, int context, int rowsPerStep, double learningRate) {}

    /// @param refusals conversations about invented names
    /// @param documentWeight share of rows that are pages, so that facts are not forgotten
    record FineTune(Budget budget, int refusals, double documentWeight) {}

    /// @param comparisons prompts whose answers are ranked
    /// @param candidates answers drawn to each
    record Rank(int comparisons, int candidates) {}

    record RewardModel(Budget budget) {}

    /// @param budget in rounds of `promptsPerRound × samplesPerPrompt` rollouts each
    /// @param klCoefficient reward units a nat, to begin with
    /// @param klTarget nats an answer above which it rises: whatever a weak reward model likes, is not gone far for
    /// @param verifierWeight reward units for a right answer, besides the reward model's score
    /// @param documentCoefficient of reading on beside the practice: it keeps facts that nobody practises
    record Improve(
            Budget budget,
            int promptsPerRound,
            int samplesPerPrompt,
            double klCoefficient,
            double klTarget,
            double verifierWeight,
            double documentCoefficient) {}

    static final Plan FULL = new Plan(
            "full",
            0,
            4096,
            2000,
            new Pretrain(new Budget(3400, 560), 4, 256, 128, 8, 1e-3),
            new FineTune(new Budget(540, 144), 300, 0.5),
            new Rank(1000, 5),
            new RewardModel(new Budget(300, 50)),
            new Improve(new Budget(15, 130), 32, 4, 0.2, 0.2, 1, 0.5));

    static final Plan QUICK = new Plan(
            "quick",
            60,
            2048,
            600,
            new Pretrain(new Budget(600, 92), 4, 256, 128, 8, 1e-3),
            new FineTune(new Budget(180, 48), 200, 0.5),
            new Rank(560, 5),
            new RewardModel(new Budget(110, 14)),
            new Improve(new Budget(8, 36), 16, 4, 0.1, 0.2, 1, 0.5));
}
