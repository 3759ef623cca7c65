package org.millrace.tokenizer.command;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// Trains and uses tokenizers on files, without a broker.
///
/// Exit codes: 0 done, 1 something could not be read or written, 2 wrong usage.
@Command(
        name = "millrace tokenize",
        mixinStandardHelpOptions = true,
        version = "millrace 0.1.0",
        description = "Trains and uses tokenizers on files, without a running system.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "Exit codes: 0 done, 1 something could not be read or written, 2 wrong usage.",
            "",
            "  ./millrace tokenize train corpus/ --out tokenizer --vocabulary 32768",
            "  ./millrace tokenize inspect --tokenizer tokenizer page.txt",
            "  echo hello | ./millrace tokenize encode --tokenizer tokenizer - \\",
            "    | ./millrace tokenize decode --tokenizer tokenizer -",
            "  ./millrace tokenize shards corpus/ chats.jsonl --tokenizer tokenizer --out shards"
        })
public final class TokenizeCommand implements Runnable {

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run()
    private CommandSpec spec;

    private TokenizeCommand() {}

    public static void main(String[] args) {
        System.exit(execute(
                new Console(
                        new FileInputStream(FileDescriptor.in),
                        new FileOutputStream(FileDescriptor.out),
                        System.console() != null && System.console().isTerminal()),
                args));
    }

    /// What a command reads from and writes to.
    ///
    /// @param isTerminal whether a person looks at it
    record Console(InputStream in, OutputStream out, boolean isTerminal) {}

    static int execute(Console console, String... args) {
        CommandLine command = new CommandLine(new TokenizeCommand())
                .addSubcommand(new TrainCommand())
                .addSubcommand(new EncodeCommand(console))
                .addSubcommand(new DecodeCommand(console))
                .addSubcommand(new InspectCommand(console))
                .addSubcommand(new ShardsCommand(console));
        command.setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler((e, _) -> {
                    PrintWriter err = e.getCommandLine().getErr();
                    err.println("millrace tokenize: " + e.getMessage());
                    err.println("Try ./millrace tokenize --help");
                    return CommandLine.ExitCode.USAGE;
                })
                .setExecutionExceptionHandler((e, failed, _) -> {
                    if (e instanceof IOException unreadable) {
                        failed.getErr().println("millrace tokenize: " + why(unreadable));
                    } else {
                        e.printStackTrace(failed.getErr());
                    }
                    return CommandLine.ExitCode.SOFTWARE;
                });
        return command.execute(args);
    }

    private static String why(IOException e) {
        return switch (e) {
            case NoSuchFileException missing -> missing.getFile() + ": no such file";
            case AccessDeniedException denied -> denied.getFile() + ": no permission";
            case FileAlreadyExistsException file
            when file.getReason() == null -> file.getFile() + ": expected a folder, got a file";
            default -> String.valueOf(e.getMessage());
        };
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "expected one of train, encode, decode, inspect and shards");
    }
}
