package org.millrace.cli;

import picocli.CommandLine.Command;

/// Trains and uses tokenizers on files.
@Command(
        name = "tokenize",
        preprocessor = ServiceCommand.PassOn.class,
        description = "Trains and uses tokenizers on files, without a running system.")
final class TokenizeCommand extends ServiceCommand {

    TokenizeCommand() {
        super("tokenizer", "org.millrace.tokenizer.command.TokenizeCommand");
    }
}
