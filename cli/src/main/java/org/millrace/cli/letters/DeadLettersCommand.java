package org.millrace.cli.letters;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// Groups the commands about records that a service gave up.
@Command(
        name = "dead-letters",
        mixinStandardHelpOptions = true,
        description = "Shows the records that services gave up, and sends them back when the cause is mended.",
        subcommands = {ListCommand.class, ReplayCommand.class})
public final class DeadLettersCommand implements Runnable {

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run()
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Name a command of dead-letters.");
    }
}
