package org.millrace.cli.demo;

import java.time.Duration;

/// How much of everything a demo does. Two sizes: the full one fits 20 minutes on 2 cores, build
/// included; the quick one 5 minutes after the build. Why these numbers: `docs/log.md`.
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

    /// @param depth layers of the model; `width` overrides what follows from it
    /// @param rowsPerStep many small steps learn facts better than few large ones
    record Pretrain(Duration budget, int depth, int width, int context, int rowsPerStep, double learningRate) {}

    /// @param refusals conversations about invented names
    /// @param documentWeight share of rows that are pages, so that facts are not forgotten
    record FineTune(Duration budget, int refusals, double documentWeight) {}

    /// @param comparisons prompts whose answers are ranked
    /// @param candidates answers drawn to each
    record Rank(int comparisons, int candidates) {}

    record RewardModel(Duration budget) {}

    /// @param rounds of `promptsPerRound × samplesPerPrompt` rollouts each
    /// @param klCoefficient reward units a nat
    /// @param verifierWeight reward units for a right answer, besides the reward model's score
    /// @param documentCoefficient of reading on beside the practice: it keeps facts that nobody practises
    record Improve(
            Duration budget,
            long rounds,
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
            new Pretrain(Duration.ofSeconds(440), 4, 256, 128, 8, 1e-3),
            new FineTune(Duration.ofSeconds(120), 1200, 0.3),
            new Rank(1000, 5),
            new RewardModel(Duration.ofSeconds(50)),
            new Improve(Duration.ofSeconds(180), 40, 32, 4, 0.1, 1, 0.5));

    static final Plan QUICK = new Plan(
            "quick",
            60,
            2048,
            600,
            new Pretrain(Duration.ofSeconds(92), 4, 256, 128, 8, 1e-3),
            new FineTune(Duration.ofSeconds(40), 400, 0.3),
            new Rank(560, 5),
            new RewardModel(Duration.ofSeconds(14)),
            new Improve(Duration.ofSeconds(36), 14, 16, 4, 0.1, 1, 0.5));
}
