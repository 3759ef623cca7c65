package org.millrace.cli.train;

import org.millrace.proto.events.v1.TrainingPlan;
import picocli.CommandLine.Command;

/// Trains a base model.
@Command(
        name = "pretrain",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        modelTransformer = PlanOptions.class,
        description = "Trains a model from random weights, on the documents of a tokenizer.")
final class PretrainCommand extends SubmitCommand {

    PretrainCommand() {
        super(TrainingPlan.PRETRAIN_FIELD_NUMBER);
    }
}
