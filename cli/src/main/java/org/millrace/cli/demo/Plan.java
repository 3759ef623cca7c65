package org.millrace.cli.demo;

import java.time.Duration;

/// How much of everything a demo does. Two sizes: the full one fits 20 minutes on 2 cores, build
/// included; the quick one 5 minutes after the build.
///
/// @param entities of the world's main kind, 0 for all
/// @param vocabulary tokens, special ones included
/// @param depth layers of the model; `width` overrides what follows from it
/// @param rowsPerStep of pretraining: many small steps learn facts better than few large ones
///     (docs/log.md)
/// @param pretrain budget; the run ends at `pretrainSteps` if that comes first
/// @param examQuestions held-out questions asked at each exam, at most
/// @param refusals fine-tuning conversations about invented names
/// @param comparisons prompts whose answers are ranked
/// @param policyRateScale of PPO, of the pretraining rate: at 0.1 answers that were right got lost
/// @param rounds of PPO, of `promptsPerRound × samplesPerPrompt` rollouts each
record Plan(
        String name,
        int entities,
        int vocabulary,
        int depth,
        int width,
        int context,
        int rowsPerStep,
        double learningRate,
        Duration pretrain,
        long pretrainSteps,
        Duration fineTune,
        long fineTuneSteps,
        int examQuestions,
        int refusals,
        int comparisons,
        int candidates,
        Duration rewardModel,
        long rewardSteps,
        Duration improve,
        long rounds,
        int promptsPerRound,
        int samplesPerPrompt,
        double documentWeight,
        double policyRateScale,
        double klCoefficient,
        double verifierWeight) {

    static final Plan FULL = new Plan(
            "full",
            0,
            4096,
            4,
            256,
            128,
            8,
            1e-3,
            Duration.ofSeconds(400),
            0,
            Duration.ofSeconds(110),
            0,
            800,
            1200,
            800,
            6,
            Duration.ofSeconds(60),
            0,
            Duration.ofSeconds(180),
            40,
            32,
            4,
            0.3,
            0.05,
            0.1,
            1.0);

    static final Plan QUICK = new Plan(
            "quick",
            60,
            2048,
            4,
            256,
            128,
            8,
            1e-3,
            Duration.ofSeconds(104),
            0,
            Duration.ofSeconds(40),
            0,
            240,
            400,
            320,
            6,
            Duration.ofSeconds(24),
            0,
            Duration.ofSeconds(36),
            12,
            16,
            4,
            0.3,
            0.05,
            0.1,
            1.0);
}
