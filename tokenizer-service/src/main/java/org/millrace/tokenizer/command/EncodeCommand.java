package org.millrace.tokenizer.command;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import java.util.concurrent.Callable;
import org.millrace.bpe.Tokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Text to ids.
@Command(
        name = "encode",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Writes the ids of each document, one line a document.")
final class EncodeCommand implements Callable<Integer> {

    private final TokenizeCommand.Console console;

    @Parameters(
            arity = "1..*",
            paramLabel = "FILE|DIR|-",
            description = "Text files, .jsonl with a text a line, folders of these; also gzipped; - for standard"
                    + " input, which is one document.")
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private List<String> names;

    @Mixin
    private final TokenizerOption tokenizer = new TokenizerOption();

    @Option(names = "--count", description = "Counts ids and bytes instead.")
    private boolean count;

    EncodeCommand(TokenizeCommand.Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        Tokenizer of = tokenizer.read();
        long[] sums = new long[3];
        try (OutputStream out = new BufferedOutputStream(console.out())) {
            Texts.each(names, console.in(), text -> {
                int[] ids = of.encode(text);
                sums[0]++;
                sums[1] += text.length;
                sums[2] += ids.length;
                if (!count) {
                    StringJoiner line = new StringJoiner(" ", "", "\n");
                    for (int id : ids) {
                        line.add(Integer.toString(id));
                    }
                    out.write(line.toString().getBytes(US_ASCII));
                }
            });
            if (count) {
                out.write(String.format(
                                Locale.ROOT,
                                "%d documents, %d bytes, %d ids, %.3f bytes an id%n",
                                sums[0],
                                sums[1],
                                sums[2],
                                sums[2] == 0 ? 0.0 : (double) sums[1] / sums[2])
                        .getBytes(US_ASCII));
            }
        }
        return 0;
    }
}
