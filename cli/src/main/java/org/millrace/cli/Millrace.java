package org.millrace.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import org.millrace.cli.data.DataCommand;
import org.millrace.cli.eval.EvalCommand;
import org.millrace.cli.letters.DeadLettersCommand;
import org.millrace.cli.model.ExportCommand;
import org.millrace.cli.model.ImportCommand;
import org.millrace.cli.model.ModelCommand;
import org.millrace.cli.train.TrainCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The command's entry: names the subcommands and turns a [Failure] into one sentence and an exit code.
///
/// Exit codes: 0 done, 1 failed for a reason that the message tells, 2 wrong usage, 130 interrupted.
@Command(
        name = "millrace",
        mixinStandardHelpOptions = true,
        version = "millrace 0.1.0",
        description = "Builds a language model from web pages to chat, on one machine or many.",
        footer = {"", "Start with: ./millrace demo          Tests: ./millrace test"},
        subcommands = {
            UpCommand.class,
            DownCommand.class,
            StatusCommand.class,
            DemoCommand.class,
            ChatCommand.class,
            CrawlCommand.class,
            CleanCommand.class,
            TokenizeCommand.class,
            TrainCommand.class,
            DataCommand.class,
            EvalCommand.class,
            ModelCommand.class,
            ImportCommand.class,
            ExportCommand.class,
            ServeCommand.class,
            DeadLettersCommand.class,
            BenchCommand.class,
            TopicsCommand.class,
            BrokerCommand.class,
            SuperviseCommand.class
        })
public final class Millrace implements Runnable {

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run()
    private CommandSpec spec;

    public static void main(String[] args) {
        System.exit(execute(args));
    }

    static int execute(String... args) {
        return new CommandLine(new Millrace())
                .setExecutionExceptionHandler(Millrace::report)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .execute(args);
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Name a command.");
    }

    /// A failure is the user's to mend and needs no stack trace; anything else is a bug and shows it.
    private static int report(Exception e, CommandLine command, CommandLine.ParseResult parsed) {
        PrintWriter err = command.getErr();
        if (e instanceof Failure) {
            err.println("millrace: " + e.getMessage());
        } else if (e instanceof IOException || e instanceof UncheckedIOException) { // no space, no permission
            err.println("millrace: " + (e instanceof UncheckedIOException ? e.getCause() : e));
        } else if (e instanceof InterruptedException) {
            err.println("millrace: interrupted");
            return 130;
        } else {
            e.printStackTrace(err);
        }
        return 1;
    }
}
