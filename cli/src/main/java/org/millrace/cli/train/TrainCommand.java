package org.millrace.cli.train;

import org.millrace.cli.TrainFolderCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// Groups the commands that train models.
@Command(
        name = "train",
        mixinStandardHelpOptions = true,
        description = "Trains models on a system that is up, and tells how their runs go; or from a folder of shards.",
        subcommands = {
            PretrainCommand.class,
            FineTuneCommand.class,
            RewardCommand.class,
            PpoCommand.class,
            ListCommand.class,
            WatchCommand.class,
            CancelCommand.class,
            ReportCommand.class,
            TrainFolderCommand.class
        })
public final class TrainCommand implements Runnable {

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run()
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Name a command of train.");
    }
}
