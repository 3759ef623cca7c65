package org.millrace.cli.data;

import org.millrace.cli.TrainQualityCommand;
import org.millrace.cli.probe.ProbeCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// Groups the commands that look at the data, take data back, hand it to other programs, and learn to judge it.
@Command(
        name = "data",
        mixinStandardHelpOptions = true,
        description =
                "Looks at the data: what was crawled, what was kept, what was dropped and why; takes it back, or out; probes a model.",
        subcommands = {
            ReportCommand.class,
            RetractCommand.class,
            ExportCommand.class,
            ProbeCommand.class,
            TrainQualityCommand.class
        })
public final class DataCommand implements Runnable {

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run()
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Name a command of data.");
    }
}
