package org.millrace.tokenizer.command;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.millrace.bpe.BpeTrainer;
import org.millrace.bpe.SplitPattern;
import org.millrace.bpe.Tokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Learns a tokenizer from files.
@Command(
        name = "train",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Learns a tokenizer from files, and writes it as tokenizer.json.")
final class TrainCommand implements Callable<Integer> {

    private static final int EVERY = 1_000;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Parameters(
            arity = "1..*",
            paramLabel = "FILE|DIR",
            description = "Text files, .jsonl with a text a line, folders of these; also gzipped.")
    @SuppressWarnings("NullAway.Init")
    private List<String> names;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder for the tokenizer.")
    @SuppressWarnings("NullAway.Init")
    private Path out;

    @Option(
            names = "--vocabulary",
            paramLabel = "N",
            description = "Ids: 256 bytes, merges and 9 special tokens together, 265 to 200,000 (default: 32768).")
    private int vocabulary = 32_768;

    @Option(
            names = "--pattern",
            paramLabel = "NAME",
            defaultValue = "NANOCHAT",
            description = "How text is cut: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private SplitPattern pattern = SplitPattern.NANOCHAT;

    @Option(
            names = "--max-megabytes",
            paramLabel = "N",
            description = "Text to learn from at most, 1 to 100,000 (default: 2000).")
    private int maxMegabytes = 2_000;

    @Override
    public Integer call() throws IOException {
        check("--vocabulary", vocabulary, 265, " (256 bytes, 9 special tokens)", 200_000);
        check("--max-megabytes", maxMegabytes, 1, "", 100_000);
        Files.createDirectories(out); // before the work: it may be a file
        PrintWriter err = spec.commandLine().getErr();
        Reading reading = new Reading(err);
        long start = System.nanoTime();
        Tokenizer tokenizer;
        try {
            tokenizer = BpeTrainer.train(reading, vocabulary, pattern, merges -> {
                if (merges % EVERY == 0) {
                    err.printf(Locale.ROOT, "%,d of %,d merges%n", merges, vocabulary - 265);
                    err.flush();
                }
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        tokenizer.write(out);
        err.printf(
                Locale.ROOT,
                "%s: %,d ids, learned in %.1f s%n",
                out.resolve("tokenizer.json"),
                tokenizer.vocabularySize(),
                (System.nanoTime() - start) / 1e9);
        return 0;
    }

    /// The documents, one after the other: the memory that is needed is that of their different pieces.
    private final class Reading implements BpeTrainer.Documents {

        private final PrintWriter err;
        private long documents;
        private long bytes;
        private long leftOut;

        Reading(PrintWriter err) {
            this.err = err;
        }

        @Override
        public void each(Consumer<String> taker) {
            try {
                Texts.each(names, System.in, text -> take(text, taker));
                if (documents == 0) {
                    throw new IOException("%s: expected at least 1 document of at most %,d megabytes, got none"
                            .formatted(String.join(", ", names), maxMegabytes));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            if (leftOut > 0) {
                err.printf(Locale.ROOT, "%,d bytes are left out: --max-megabytes is %,d%n", leftOut, maxMegabytes);
            }
            err.printf(Locale.ROOT, "%,d documents, %,d bytes%n", documents, bytes);
            err.flush();
        }

        private void take(byte[] text, Consumer<String> taker) {
            if (text.length > 0 && bytes + text.length <= maxMegabytes * 1_000_000L) {
                documents++;
                bytes += text.length;
                taker.accept(new String(text, UTF_8));
            } else {
                leftOut += text.length;
            }
        }
    }

    private void check(String name, int value, int least, String why, int most) {
        if (value < least || value > most) {
            throw new ParameterException(
                    spec.commandLine(),
                    String.format(Locale.ROOT, "%s: expected %,d%s to %,d, got %,d", name, least, why, most, value));
        }
    }
}
