package org.millrace.tokenizer.command;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
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
        List<String> documents = new ArrayList<>();
        long bytes = read(documents, err);
        if (documents.isEmpty()) {
            throw new IOException("%s: expected at least 1 document of at most %,d megabytes, got none"
                    .formatted(String.join(", ", names), maxMegabytes));
        }
        err.printf(Locale.ROOT, "%,d documents, %,d bytes%n", documents.size(), bytes);
        long start = System.nanoTime();
        Tokenizer tokenizer = BpeTrainer.train(documents, vocabulary, pattern, merges -> {
            if (merges % EVERY == 0) {
                err.printf(Locale.ROOT, "%,d of %,d merges%n", merges, vocabulary - 265);
                err.flush();
            }
        });
        tokenizer.write(out);
        err.printf(
                Locale.ROOT,
                "%s: %,d ids, learned in %.1f s%n",
                out.resolve("tokenizer.json"),
                tokenizer.vocabularySize(),
                (System.nanoTime() - start) / 1e9);
        return 0;
    }

    /// @return bytes of the documents that are learned from; what is left out for its size is told
    private long read(List<String> documents, PrintWriter err) throws IOException {
        long[] taken = {0};
        long[] leftOut = {0};
        Texts.each(names, System.in, text -> {
            if (text.length > 0 && taken[0] + text.length <= maxMegabytes * 1_000_000L) {
                documents.add(new String(text, UTF_8));
                taken[0] += text.length;
            } else {
                leftOut[0] += text.length;
            }
        });
        if (leftOut[0] > 0) {
            err.printf(Locale.ROOT, "%,d bytes are left out: --max-megabytes is %,d%n", leftOut[0], maxMegabytes);
        }
        return taken[0];
    }

    private void check(String name, int value, int least, String why, int most) {
        if (value < least || value > most) {
            throw new ParameterException(
                    spec.commandLine(),
                    String.format(Locale.ROOT, "%s: expected %,d%s to %,d, got %,d", name, least, why, most, value));
        }
    }
}
