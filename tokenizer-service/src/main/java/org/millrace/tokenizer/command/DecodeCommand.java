package org.millrace.tokenizer.command;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.Callable;
import org.millrace.bpe.Tokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Ids to text.
@Command(
        name = "decode",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Writes the bytes that ids stand for; special tokens have none.")
final class DecodeCommand implements Callable<Integer> {

    private final TokenizeCommand.Console console;

    @Parameters(
            arity = "1..*",
            paramLabel = "FILE|-",
            description = "Files of ids with spaces or newlines between; - for standard input.")
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private List<String> names;

    @Mixin
    private final TokenizerOption tokenizer = new TokenizerOption();

    DecodeCommand(TokenizeCommand.Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        Tokenizer of = tokenizer.read();
        try (OutputStream out = new BufferedOutputStream(console.out())) {
            Texts.each(names, console.in(), text -> {
                int at = 0;
                for (String word : new String(text, UTF_8).split("\\s+")) {
                    if (!word.isEmpty()) {
                        out.write(of.bytes(id(word, at++, of)));
                    }
                }
            });
        }
        return 0;
    }

    private static int id(String word, int at, Tokenizer tokenizer) throws IOException {
        try {
            int id = Integer.parseInt(word);
            if (id >= 0 && id < tokenizer.vocabularySize()) {
                return id;
            }
        } catch (NumberFormatException e) {
            // said below, with the bounds
        }
        throw new IOException(
                "ids[%d]: expected 0 to %d, got \"%s\"".formatted(at, tokenizer.vocabularySize() - 1, word));
    }
}
