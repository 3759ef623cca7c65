package org.millrace.tokenizer.command;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.millrace.bpe.SplitPattern;
import org.millrace.bpe.Tokenizer;
import picocli.CommandLine.Option;

/// Which tokenizer a command uses.
final class TokenizerOption {

    @Option(
            names = "--tokenizer",
            required = true,
            paramLabel = "PATH",
            description = "A tokenizer.json, a folder with one, or a file of tiktoken (NAME.tiktoken).")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Path path;

    @Option(
            names = "--pattern",
            paramLabel = "NAME",
            defaultValue = "GPT4",
            description = "How a file of tiktoken cuts text, which it does not say: ${COMPLETION-CANDIDATES}"
                    + " (default: ${DEFAULT-VALUE}).")
    private SplitPattern pattern = SplitPattern.GPT4;

    Tokenizer read() throws IOException {
        if (Files.isDirectory(path)) {
            return Tokenizer.read(path.resolve("tokenizer.json"));
        }
        return path.toString().endsWith(".tiktoken")
                ? Tokenizer.readTiktoken(path, pattern, Map.of())
                : Tokenizer.read(path);
    }
}
