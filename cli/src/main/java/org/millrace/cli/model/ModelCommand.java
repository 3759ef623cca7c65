package org.millrace.cli.model;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// Groups the commands about models that are published.
@Command(
        name = "model",
        mixinStandardHelpOptions = true,
        description = "Takes published models back to versions before.",
        subcommands = RollbackCommand.class)
public final class ModelCommand implements Runnable {

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run()
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Name a command of model.");
    }
}
