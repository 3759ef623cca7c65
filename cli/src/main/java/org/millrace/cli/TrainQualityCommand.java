package org.millrace.cli;

import picocli.CommandLine.Command;

/// Trains the classifier that scores texts.
@Command(
        name = "train-quality",
        preprocessor = ServiceCommand.PassOn.class,
        description = "Trains the classifier that scores the quality of texts, on labelled lines.")
public final class TrainQualityCommand extends ServiceCommand {

    TrainQualityCommand() {
        super("cleaner", "org.millrace.cleaner.command.QualityCommand");
    }
}
