package org.millrace.trainer.kafka;

import org.millrace.proto.events.v1.TrainingPlan;
import org.millrace.proto.events.v1.TrainingPlan.StageCase;
import org.millrace.trainer.Descent;
import org.millrace.trainer.Descent.OptimizerChoice;
import org.millrace.trainer.Scaling;
import org.millrace.trainer.Schedule;

/// What a plan says of its steps, checked field by field as [Plans] checks the rest.
final class Descents {

    private static final String NAME = "plan.descent.";

    private Descents() {}

    /// @throws IllegalArgumentException names the field, what was expected, and what came
    static Descent descent(TrainingPlan plan) {
        org.millrace.proto.events.v1.Descent asked = plan.getDescent();
        Descent descent = checked(asked);
        shares(plan, descent);
        boolean inParts = plan.getStageCase() == StageCase.PRETRAIN || plan.getStageCase() == StageCase.FINE_TUNE;
        Plans.expect(
                asked.getRowsAtOnce() == 0 || inParts,
                NAME + "rows_at_once",
                "0 but for pretraining and fine-tuning",
                asked.getRowsAtOnce());
        Plans.expect(
                !asked.hasEvaluations() || plan.getStageCase() == StageCase.PRETRAIN,
                NAME + "evaluations",
                "nothing but for pretraining",
                asked.getEvaluations());
        Plans.expect(
                !asked.getRecompute() || inParts,
                NAME + "recompute",
                "false but for pretraining and fine-tuning",
                asked.getRecompute());
        return descent;
    }

    private static Descent checked(org.millrace.proto.events.v1.Descent asked) {
        OptimizerChoice optimizer = optimizer(asked.getOptimizer());
        try {
            return new Descent(
                    optimizer,
                    decimal(asked.getMatrixLearningRate()),
                    decimal(asked.getRestLearningRate()),
                    asked.hasWeightDecay() ? decimal(asked.getWeightDecay()) : null,
                    asked.hasWarmUpShare() ? decimal(asked.getWarmUpShare()) : null,
                    asked.hasDecayShare() ? decimal(asked.getDecayShare()) : null,
                    asked.hasFloor() ? decimal(asked.getFloor()) : null,
                    decimal(asked.getMaxGradientNorm()),
                    asked.getRowsAtOnce(),
                    asked.hasEvaluations() ? asked.getEvaluations() : null,
                    asked.getRecompute());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(NAME + e.getMessage(), e);
        }
    }

    /// Both together fit in the budget, the one that is not asked as the stage has it.
    private static void shares(TrainingPlan plan, Descent asked) {
        Schedule derived =
                switch (plan.getStageCase()) {
                    case PRETRAIN -> Scaling.PRETRAIN_SCHEDULE;
                    case FINE_TUNE -> Scaling.FINE_TUNE_SCHEDULE;
                    case REWARD -> Scaling.REWARD_SCHEDULE;
                    case IMPROVE_POLICY -> Scaling.ACTOR_SCHEDULE;
                    case STAGE_NOT_SET -> throw new IllegalArgumentException("plan.stage: expected one, got none");
                };
        try {
            asked.over(derived);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(NAME + e.getMessage(), e);
        }
    }

    private static OptimizerChoice optimizer(org.millrace.proto.events.v1.Descent.Optimizer asked) {
        return switch (asked) {
            case OPTIMIZER_UNSPECIFIED -> OptimizerChoice.DERIVED;
            case OPTIMIZER_ADAMW -> OptimizerChoice.ADAMW;
            case OPTIMIZER_MUON -> OptimizerChoice.MUON;
            case UNRECOGNIZED ->
                throw new IllegalArgumentException(
                        NAME + "optimizer: expected OPTIMIZER_ADAMW, OPTIMIZER_MUON or none, got an unknown one");
        };
    }

    /// The number that was meant: as a double, 0.4f is a little more than 0.4, and with 0.6 more than 1.
    private static double decimal(float value) {
        return Double.parseDouble(Float.toString(value));
    }
}
