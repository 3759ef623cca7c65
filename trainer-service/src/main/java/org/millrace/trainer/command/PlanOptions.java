package org.millrace.trainer.command;

import java.util.Map;
import java.util.TreeMap;
import org.millrace.trainer.Budget;
import org.millrace.trainer.Plan;
import org.millrace.trainer.Scaling;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// What is trained; 0 means derived, as in a plan that is submitted.
final class PlanOptions {

    @Option(names = "--steps", paramLabel = "N", description = "Steps of training; the run ends there.")
    private long steps;

    @Option(names = "--seconds", paramLabel = "N", description = "Seconds of training; the run ends there.")
    private double seconds;

    @Option(names = "--seed", paramLabel = "N", description = "Of initialisation and order (default: 0).")
    private long seed;

    @Option(names = "--depth", paramLabel = "N", description = "pretrain: layers, 1 to 64 (default: 4).")
    private int depth = 4;

    @Option(names = "--context", paramLabel = "N", description = "pretrain: tokens in a row (default: 128).")
    private int context;

    @Mixin
    private final ShapeOptions shape = new ShapeOptions();

    @Option(names = "--learning-rate", paramLabel = "X", description = "pretrain: of the matrices (default: derived).")
    private double learningRate;

    @Option(
            names = "--rows-per-step",
            paramLabel = "N",
            description = "Rows of a batch, of all ranks together (default: 8 of pretraining, 16 of sft).")
    private int rowsPerStep;

    @Option(
            names = "--learning-rate-scale",
            paramLabel = "X",
            description = "sft: of the pretraining rates (default: 0.8).")
    private double learningRateScale;

    @Option(
            names = "--document-weight",
            paramLabel = "X",
            description = "sft: share of rows that are documents, 0 to 0.9 (default: 0).")
    private double documentWeight;

    @Option(
            names = "--dataset-weight",
            paramLabel = "NAME=X",
            description = "sft: how often a data set is seen in an epoch (default: 1); may be given several times.")
    private Map<String, Double> datasetWeights = new TreeMap<>();

    @Mixin
    private final DescentOptions descent = new DescentOptions();

    /// @throws IllegalArgumentException names the option, what was expected, and what came
    Plan.Pretrain pretrain() {
        return asked(() -> {
            Plan.Pretrain plan = new Plan.Pretrain(
                    budget(), seed, depth, context, rowsPerStep, shape.shape(), learningRate, descent.descent());
            Scaling.schedule(plan); // whose shares must fit
            return plan;
        });
    }

    /// @throws IllegalArgumentException names the option, what was expected, and what came
    Plan.FineTune fineTune() {
        return asked(() -> {
            Plan.FineTune plan = new Plan.FineTune(
                    budget(), seed, datasetWeights, documentWeight, learningRateScale, rowsPerStep, descent.descent());
            Scaling.schedule(plan); // whose shares must fit
            return plan;
        });
    }

    private Budget budget() {
        if (steps < 0) {
            throw new IllegalArgumentException("--steps: expected at least 0, got " + steps);
        }
        if (!(seconds >= 0) || Double.isInfinite(seconds)) {
            throw new IllegalArgumentException("--seconds: expected a finite number of at least 0, got " + seconds);
        }
        if (steps == 0 && seconds == 0) {
            throw new IllegalArgumentException("--steps, --seconds: expected at least one above 0, got 0 and 0");
        }
        return new Budget(steps, seconds);
    }

    private interface Asked<T> {
        T plan();
    }

    /// A plan names fields as its contract does: `rows_per_step`.
    private static <T> T asked(Asked<T> asked) {
        try {
            return asked.plan();
        } catch (IllegalArgumentException e) {
            String message = String.valueOf(e.getMessage());
            int colon = message.indexOf(':');
            String field = message.substring(0, Math.max(0, colon));
            throw field.startsWith("--")
                    ? e
                    : new IllegalArgumentException(
                            "--" + field.replace('_', '-') + message.substring(Math.max(0, colon)), e);
        }
    }
}
