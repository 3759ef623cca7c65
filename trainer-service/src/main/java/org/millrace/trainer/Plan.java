package org.millrace.trainer;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.millrace.checkpoint.Shape;

/// What to train. Zero in a field means "derived": [Scaling] says how.
public sealed interface Plan {

    Budget budget();

    /// Of initialisation and order: the same seed, data and thread count give the same model.
    long seed();

    /// How steps are made, where not as derived.
    Descent descent();

    /// See [Trainer#pretrain].
    ///
    /// @param depth the dial: layers; everything else follows
    /// @param context tokens in a row; 0: 128
    /// @param rowsPerStep rows in a batch; 0: derived
    /// @param shape of the model, where it does not follow from `depth`
    /// @param learningRate of the matrices, and of all else where Muon does not move them; 0:
    ///     derived
    record Pretrain(
            Budget budget,
            long seed,
            int depth,
            int context,
            int rowsPerStep,
            Shape shape,
            double learningRate,
            Descent descent)
            implements Plan {

        public Pretrain {
            within("depth", depth, 1, 64);
            within("context", context, 0, 131_072);
            within("rows_per_step", rowsPerStep, 0, 65_536);
            within("width", shape.width(), 0, 16_384);
            atLeastZero("learning_rate", learningRate);
        }

        /// All but the width follows from the depth.
        public Pretrain(
                Budget budget, long seed, int depth, int context, int rowsPerStep, int width, double learningRate) {
            this(budget, seed, depth, context, rowsPerStep, Shape.ofWidth(width), learningRate, Descent.DERIVED);
        }
    }

    /// See [Trainer#fineTune].
    ///
    /// @param datasetWeights per data set, at least 0; a data set that is not named has 1
    /// @param documentWeight share of rows that are documents, 0 to 0.9
    /// @param learningRateScale of the pretraining rates; 0: derived
    /// @param rowsPerStep rows in a batch; 0: derived
    record FineTune(
            Budget budget,
            long seed,
            Map<String, Double> datasetWeights,
            double documentWeight,
            double learningRateScale,
            int rowsPerStep,
            Descent descent)
            implements Plan {

        public FineTune {
            datasetWeights = Collections.unmodifiableMap(new TreeMap<>(datasetWeights)); // one text in every process
            datasetWeights.forEach((name, weight) -> atLeastZero("dataset_weights[" + name + "]", weight));
            atLeastZero("document_weight", documentWeight);
            if (documentWeight > 0.9) {
                throw new IllegalArgumentException("document_weight: expected 0 to 0.9, got " + documentWeight);
            }
            atLeastZero("learning_rate_scale", learningRateScale);
            within("rows_per_step", rowsPerStep, 0, 65_536);
        }

        public FineTune(
                Budget budget,
                long seed,
                Map<String, Double> datasetWeights,
                double documentWeight,
                double learningRateScale,
                int rowsPerStep) {
            this(budget, seed, datasetWeights, documentWeight, learningRateScale, rowsPerStep, Descent.DERIVED);
        }
    }

    /// See [Trainer#trainReward].
    ///
    /// @param learningRateScale of the pretraining rates; 0: derived
    /// @param promptsPerStep comparisons in a batch; 0: derived
    record TrainReward(Budget budget, long seed, double learningRateScale, int promptsPerStep, Descent descent)
            implements Plan {

        public TrainReward {
            atLeastZero("learning_rate_scale", learningRateScale);
            within("prompts_per_step", promptsPerStep, 0, 65_536);
        }

        public TrainReward(Budget budget, long seed, double learningRateScale, int promptsPerStep) {
            this(budget, seed, learningRateScale, promptsPerStep, Descent.DERIVED);
        }
    }

    /// See [Trainer#improvePolicy]. A step of the budget is a round.
    ///
    /// @param temperature the rollouts are sampled with, above 0: all logits are divided by it
    /// @param klCoefficient β of the penalty a token; 0: derived
    /// @param klTarget nats a sequence; above 0 the coefficient adapts ([KlController])
    /// @param learningRateScale of the pretraining rates; 0: derived
    /// @param documentCoefficient γ of the loss on documents beside the policy's own; 0: none
    record ImprovePolicy(
            Budget budget,
            long seed,
            double temperature,
            double klCoefficient,
            double klTarget,
            double learningRateScale,
            double documentCoefficient,
            Descent descent)
            implements Plan {

        public ImprovePolicy {
            if (!(temperature > 0) || Double.isInfinite(temperature)) {
                throw new IllegalArgumentException("sampling.temperature: expected above 0, got " + temperature);
            }
            atLeastZero("kl_coefficient", klCoefficient);
            atLeastZero("kl_target", klTarget);
            atLeastZero("learning_rate_scale", learningRateScale);
            atLeastZero("document_coefficient", documentCoefficient);
        }

        public ImprovePolicy(
                Budget budget,
                long seed,
                double temperature,
                double klCoefficient,
                double klTarget,
                double learningRateScale,
                double documentCoefficient) {
            this(
                    budget,
                    seed,
                    temperature,
                    klCoefficient,
                    klTarget,
                    learningRateScale,
                    documentCoefficient,
                    Descent.DERIVED);
        }
    }

    private static void within(String name, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException("%s: expected %d to %d, got %d".formatted(name, least, most, value));
        }
    }

    private static void atLeastZero(String name, double value) {
        if (!(value >= 0) || Double.isInfinite(value)) {
            throw new IllegalArgumentException(
                    "%s: expected a finite number of at least 0, got %s".formatted(name, value));
        }
    }
}
