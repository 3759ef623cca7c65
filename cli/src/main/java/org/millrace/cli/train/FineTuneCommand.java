package org.millrace.cli.train;

import org.millrace.proto.events.v1.TrainingPlan;
import picocli.CommandLine.Command;

/// Teaches a model to answer.
@Command(
        name = "sft",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        modelTransformer = PlanOptions.class,
        description = "Fine-tunes a base model on conversations: it learns what the assistant says.")
final class FineTuneCommand extends SubmitCommand {

    FineTuneCommand() {
        super(TrainingPlan.FINE_TUNE_FIELD_NUMBER);
    }
}
