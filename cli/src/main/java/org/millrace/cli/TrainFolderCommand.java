package org.millrace.cli;

import picocli.CommandLine.Command;

/// Trains a model from a folder of shards.
@Command(
        name = "folder",
        preprocessor = ServiceCommand.PassOn.class,
        description = "Trains a model from a folder of shards, in one process or several, without a running system.")
public final class TrainFolderCommand extends ServiceCommand {

    TrainFolderCommand() {
        super("trainer", "org.millrace.trainer.command.TrainFolderCommand");
    }
}
