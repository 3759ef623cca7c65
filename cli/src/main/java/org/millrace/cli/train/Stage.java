package org.millrace.cli.train;

import org.millrace.proto.events.v1.TrainingPlan;

/// Stages by the names of their commands.
final class Stage {

    private Stage() {}

    static String of(TrainingPlan plan) {
        return switch (plan.getStageCase()) {
            case PRETRAIN -> "pretrain";
            case FINE_TUNE -> "sft";
            case REWARD -> "reward";
            case IMPROVE_POLICY -> "ppo";
            case STAGE_NOT_SET -> "none";
        };
    }
}
