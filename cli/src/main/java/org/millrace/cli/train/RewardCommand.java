package org.millrace.cli.train;

import org.millrace.proto.events.v1.TrainingPlan;
import picocli.CommandLine.Command;

/// Trains a reward model.
@Command(
        name = "reward",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        modelTransformer = PlanOptions.class,
        description = "Trains a reward model on rankings, from a fine-tuned model.")
final class RewardCommand extends SubmitCommand {

    RewardCommand() {
        super(TrainingPlan.REWARD_FIELD_NUMBER);
    }
}
