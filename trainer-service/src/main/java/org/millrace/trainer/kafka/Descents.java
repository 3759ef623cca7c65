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
    private static final float MOST_RATE = 10;

    private Descents() {}

    /// @throws IllegalArgumentException names the field, what was expected, and what came
    static Descent descent(TrainingPlan plan) {
        org.millrace.proto.events.v1.Descent asked = plan.getDescent();
        between("matrix_learning_rate", asked.getMatrixLearningRate(), MOST_RATE);
        between("rest_learning_rate", asked.getRestLearningRate(), MOST_RATE);
        between("weight_decay", asked.getWeightDecay(), MOST_RATE);
        between("floor", asked.getFloor(), 1);
        between("max_gradient_norm", asked.getMaxGradientNorm(), 1e6f);
        shares(plan);
        boolean inParts = plan.getStageCase() == StageCase.PRETRAIN || plan.getStageCase() == StageCase.FINE_TUNE;
        Plans.within(NAME + "rows_at_once", asked.getRowsAtOnce(), 0, 65_536);
        Plans.expect(
                asked.getRowsAtOnce() == 0 || inParts,
                NAME + "rows_at_once",
                "0 but for pretraining and fine-tuning",
                asked.getRowsAtOnce());
        Plans.within(NAME + "evaluations", asked.getEvaluations(), 0, 10_000);
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
        return new Descent(
                optimizer(asked.getOptimizer()),
                asked.getMatrixLearningRate(),
                asked.getRestLearningRate(),
                asked.hasWeightDecay() ? decimal(asked.getWeightDecay()) : null,
                asked.hasWarmUpShare() ? decimal(asked.getWarmUpShare()) : null,
                asked.hasDecayShare() ? decimal(asked.getDecayShare()) : null,
                asked.hasFloor() ? decimal(asked.getFloor()) : null,
                asked.getMaxGradientNorm(),
                asked.getRowsAtOnce(),
                asked.hasEvaluations() ? asked.getEvaluations() : null,
                asked.getRecompute());
    }

    /// Both together fit in the budget, the one that is not asked as the stage has it.
    private static void shares(TrainingPlan plan) {
        org.millrace.proto.events.v1.Descent asked = plan.getDescent();
        Schedule derived =
                switch (plan.getStageCase()) {
                    case PRETRAIN -> Scaling.PRETRAIN_SCHEDULE;
                    case FINE_TUNE -> Scaling.FINE_TUNE_SCHEDULE;
                    case REWARD -> Scaling.REWARD_SCHEDULE;
                    case IMPROVE_POLICY -> Scaling.ACTOR_SCHEDULE;
                    case STAGE_NOT_SET -> throw new IllegalArgumentException("plan.stage: expected one, got none");
                };
        between("warm_up_share", asked.getWarmUpShare(), 1);
        between("decay_share", asked.getDecayShare(), 1);
        double warmUp = asked.hasWarmUpShare() ? decimal(asked.getWarmUpShare()) : derived.warmUp();
        double decay = asked.hasDecayShare() ? decimal(asked.getDecayShare()) : derived.decay();
        Plans.expect(
                warmUp + decay <= 1,
                NAME + (asked.hasWarmUpShare() ? "warm_up_share" : "decay_share"),
                "warm_up_share + decay_share of at most 1",
                "%s + %s".formatted((float) warmUp, (float) decay));
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

    private static void between(String field, float value, float most) {
        Plans.expect(value >= 0 && value <= most, NAME + field, "0 to %s".formatted(number(most)), value);
    }

    /// The number that was meant: as a double, 0.4f is a little more than 0.4, and with 0.6 more than 1.
    private static double decimal(float value) {
        return Double.parseDouble(Float.toString(value));
    }

    private static String number(float value) {
        return value == Math.rint(value) ? Long.toString((long) value) : Float.toString(value);
    }
}
