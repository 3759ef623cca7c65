package org.millrace.trainer.command;

import org.jspecify.annotations.Nullable;
import org.millrace.trainer.Descent;
import org.millrace.trainer.Descent.OptimizerChoice;
import picocli.CommandLine.Option;

/// How steps are made, where not as derived; named as in a plan that is submitted.
final class DescentOptions {

    @Option(
            names = "--optimizer",
            paramLabel = "adamw|muon",
            description = "What moves the matrices of the blocks; all else is AdamW's (default: derived).")
    private OptimizerChoice optimizer = OptimizerChoice.DERIVED;

    @Option(
            names = "--matrix-learning-rate",
            paramLabel = "X",
            description = "Of the matrices of the blocks, up to 10 (default: the stage's rate).")
    private double matrixLearningRate;

    @Option(
            names = "--rest-learning-rate",
            paramLabel = "X",
            description = "Of embedding, norms and heads, up to 10 (default: the stage's rate for AdamW).")
    private double restLearningRate;

    @Option(
            names = "--weight-decay",
            paramLabel = "X",
            description = "Decoupled, of matrices and embedding, 0 to 10 (default: 0.1 of pretraining, else 0).")
    private @Nullable Double weightDecay;

    @Option(
            names = "--warm-up-share",
            paramLabel = "X",
            description =
                    "Share of the budget in which the rates rise, 0 to 1 (default: 0.02 of pretraining, else 0.05).")
    private @Nullable Double warmUpShare;

    @Option(
            names = "--decay-share",
            paramLabel = "X",
            description = "Share in which they fall at the end, 0 to 1 (default: 0.5 of pretraining, else 0.6).")
    private @Nullable Double decayShare;

    @Option(
            names = "--floor",
            paramLabel = "X",
            description = "Factor on them at the end, 0 to 1 (default: 0.02 of pretraining, else 0).")
    private @Nullable Double floor;

    @Option(
            names = "--max-gradient-norm",
            paramLabel = "X",
            description = "All gradients together are scaled down to this norm (default: 1).")
    private double maxGradientNorm;

    @Option(
            names = "--rows-at-once",
            paramLabel = "N",
            description = "Rows that go through the model at once (default: as many as fit 1.5 GiB).")
    private int rowsAtOnce;

    @Option(
            names = "--evaluations",
            paramLabel = "N",
            description = "pretrain: times that bits per byte is measured besides the end, 0 to 10,000 (default: 3).")
    private @Nullable Integer evaluations;

    @Option(
            names = "--recompute",
            description = "The backward pass runs each block again, in less memory and more time.")
    private boolean recompute;

    /// @throws IllegalArgumentException names the field, what was expected, and what came
    Descent descent() {
        return new Descent(
                optimizer,
                matrixLearningRate,
                restLearningRate,
                weightDecay,
                warmUpShare,
                decayShare,
                floor,
                maxGradientNorm,
                rowsAtOnce,
                evaluations,
                recompute);
    }
}
