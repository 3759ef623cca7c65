package org.millrace.cli.demo;

import java.time.Duration;
import org.millrace.proto.events.v1.TrainingPlan;

/// How much of everything a demo does. Two sizes: the full one fits 20 minutes on 2 cores, build
/// included, and learns as much as it can in that time; the quick one does the same steps everywhere, in some
/// 5 minutes after the build on 2 cores, so that its figures do not hang on the machine. Why these
/// numbers: `docs/log.md`.
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

    /// How long a model trains: until the steps are made or the time is over.
    ///
    /// @param steps 0: as many as the time allows
    /// @param expected what it takes on 2 cores
    /// @param limit after which it ends, whatever it has made
    record Budget(int steps, Duration expected, Duration limit) {

        /// The same steps on every machine, four times as slow as expected or faster.
        static Budget steps(int steps, int seconds) {
            return new Budget(steps, Duration.ofSeconds(seconds), Duration.ofSeconds(4L * seconds));
        }

        /// As many steps as the time allows.
        static Budget seconds(int seconds) {
            return atMost(0, seconds);
        }

        static Budget atMost(int steps, int seconds) {
            return new Budget(steps, Duration.ofSeconds(seconds), Duration.ofSeconds(seconds));
        }

        TrainingPlan.Builder plan() {
            return TrainingPlan.newBuilder().setMaxSteps(steps).setMaxSeconds(limit.toSeconds());
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
    /// @param klCoefficient reward units a nat
    /// @param verifierWeight reward units for a right answer, besides the reward model's score
    /// @param documentCoefficient of reading on beside the practice: it keeps facts that nobody practises
    record Improve(
            Budget budget,
            int promptsPerRound,
            int samplesPerPrompt,
            double klCoefficient,
            double verifierWeight,
            double documentCoefficient) {}

    static final Plan FULL = new Plan(
            "full",
            0,
            4096,
            2000,
            new Pretrain(Budget.seconds(440), 4, 256, 128, 8, 1e-3),
            new FineTune(Budget.seconds(120), 1200, 0.3),
            new Rank(1000, 5),
            new RewardModel(Budget.seconds(50)),
            new Improve(Budget.atMost(40, 180), 32, 4, 0.1, 1, 0.5));

    static final Plan QUICK = new Plan(
            "quick",
            60,
            2048,
            600,
            new Pretrain(Budget.steps(600, 92), 4, 256, 128, 8, 1e-3),
            new FineTune(Budget.steps(150, 40), 400, 0.3),
            new Rank(560, 5),
            new RewardModel(Budget.steps(110, 14)),
            new Improve(Budget.steps(8, 36), 16, 4, 0.1, 1, 0.5));
}
