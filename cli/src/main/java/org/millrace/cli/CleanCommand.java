package org.millrace.cli;

import picocli.CommandLine.Command;

/// Cleans pages in files.
@Command(
        name = "clean",
        preprocessor = ServiceCommand.PassOn.class,
        description = "Cleans pages in files, one line of JSON a page, without a running system.")
final class CleanCommand extends ServiceCommand {

    CleanCommand() {
        super("cleaner", "org.millrace.cleaner.command.CleanCommand");
    }
}
