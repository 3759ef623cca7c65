package org.millrace.tokenizer.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.millrace.bpe.BpeTrainer;
import org.millrace.bpe.Tokenizer;

/// Trains a tokenizer on 100 MB of text; then encodes prose, source code and mixed languages with it, with
/// Hugging Face's tokenizers and with jtokkit, turn by turn, and compares the ids; then one long word. The last
/// line is one JSON object.
///
/// ```text
/// TokenizeBench SECONDS_PER_MEASUREMENT [--train-mb N]
/// ```
public final class TokenizeBench {

    private static final int VOCABULARY = 32_768;
    private static final int TEXT_CHARACTERS = 4_000_000;
    private static final int ROUNDS = 5;

    private final double seconds;
    private final StringJoiner json = new StringJoiner(", ", "{", "}");

    private TokenizeBench(double seconds) {
        this.seconds = seconds;
    }

    public static void main(String[] arguments) throws IOException, InterruptedException, ExecutionException {
        boolean hasSize = arguments.length == 3 && arguments[1].equals("--train-mb");
        if (arguments.length != 1 && !hasSize) {
            System.err.println("usage: bench tokenize [--seconds N] [--train-mb N]");
            System.exit(2);
        }
        new TokenizeBench(Double.parseDouble(arguments[0])).run(hasSize ? Integer.parseInt(arguments[2]) : 100);
        System.exit(0); // Hugging Face's library keeps threads
    }

    private void run(int trainMegabytes) throws IOException, InterruptedException, ExecutionException {
        Tokenizer tokenizer = train(trainMegabytes);
        Texts texts = new Texts(2);
        Map<String, List<String>> corpora = new LinkedHashMap<>();
        corpora.put("prose", Texts.documents(texts::prose, TEXT_CHARACTERS));
        corpora.put("code", Texts.documents(texts::code, TEXT_CHARACTERS));
        corpora.put("mixed", Texts.documents(texts::mixed, TEXT_CHARACTERS));
        Path folder = Files.createTempDirectory("millrace-tokenize-");
        try {
            tokenizer.write(folder);
            encode(
                    corpora,
                    tokenizer::encode,
                    Rival.huggingFace(folder.resolve("tokenizer.json")),
                    Rival.jtokkit(tokenizer));
        } finally {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
        threads(tokenizer, corpora.get("prose"));
        longWord(tokenizer);
        figure("load_average", ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
        System.out.println(json);
    }

    private Tokenizer train(int megabytes) throws IOException {
        Texts texts = new Texts(1);
        List<String> all = new ArrayList<>(); // so that what is timed is the training, not the writing
        long bytes = 0;
        while (bytes < megabytes * 1_000_000L) {
            String text =
                    switch (all.size() % 4) {
                        case 0, 1 -> texts.prose();
                        case 2 -> texts.code();
                        default -> texts.mixed();
                    };
            all.add(text);
            bytes += text.getBytes(UTF_8).length;
        }
        long start = System.nanoTime();
        Tokenizer tokenizer = BpeTrainer.train(all, VOCABULARY, merges -> {});
        double took = (System.nanoTime() - start) / 1e9;
        System.out.printf(
                Locale.ROOT,
                "trained %,d ids on %,d bytes in %.1f s; peak resident memory %,.0f MiB%n",
                tokenizer.vocabularySize(),
                bytes,
                took,
                peakMebibytes());
        figure("train_seconds", took);
        figure("train_mb", bytes / 1e6);
        figure("train_vocabulary", tokenizer.vocabularySize());
        figure("train_peak_mib", peakMebibytes());
        return tokenizer;
    }

    /// Of the whole process, texts included.
    private static double peakMebibytes() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("VmHWM:"))
                    .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")) / 1024)
                    .findFirst()
                    .orElse(Double.NaN);
        }
    }

    private void encode(Map<String, List<String>> corpora, Rival ours, Rival huggingFace, Rival jtokkit) {
        boolean identical = true;
        double[] slowest = {Double.MAX_VALUE, Double.MAX_VALUE, Double.MAX_VALUE};
        for (Map.Entry<String, List<String>> corpus : corpora.entrySet()) {
            List<String> documents = corpus.getValue();
            boolean same = documents.stream().allMatch(text -> {
                int[] ids = ours.encode(text);
                return Arrays.equals(ids, huggingFace.encode(text)) && Arrays.equals(ids, jtokkit.encode(text));
            });
            identical &= same;
            double[] ourRates = new double[ROUNDS];
            double[] theirRates = new double[ROUNDS];
            double[] jtokkitRates = new double[ROUNDS];
            for (int round = 0; round < ROUNDS; round++) {
                ourRates[round] = megabytesPerSecond(documents, ours);
                theirRates[round] = megabytesPerSecond(documents, huggingFace);
                jtokkitRates[round] = megabytesPerSecond(documents, jtokkit);
            }
            double rate = median(ourRates);
            double overTheirs = rate / median(theirRates);
            double overJtokkit = rate / median(jtokkitRates);
            System.out.printf(
                    Locale.ROOT,
                    "%-6s %6.1f MB/s; Hugging Face %5.1f MB/s (%.1f×), jtokkit %5.1f MB/s (%.1f×); ids %s%n",
                    corpus.getKey(),
                    rate,
                    median(theirRates),
                    overTheirs,
                    median(jtokkitRates),
                    overJtokkit,
                    same ? "equal" : "DIFFERENT");
            figure("encode_mb_s_" + corpus.getKey(), rate);
            figure("encode_ratio_huggingface_" + corpus.getKey(), overTheirs);
            figure("encode_ratio_jtokkit_" + corpus.getKey(), overJtokkit);
            slowest[0] = Math.min(slowest[0], rate);
            slowest[1] = Math.min(slowest[1], overTheirs);
            slowest[2] = Math.min(slowest[2], overJtokkit);
        }
        figure("encode_mb_s", slowest[0]);
        figure("encode_ratio_huggingface", slowest[1]);
        figure("encode_ratio_jtokkit", slowest[2]);
        json.add("\"identical\": " + identical);
    }

    /// Of UTF-8, on this thread, after as much to warm up.
    private double megabytesPerSecond(List<String> documents, Rival rival) {
        run(documents, rival, seconds / 2);
        return run(documents, rival, seconds);
    }

    private static double run(List<String> documents, Rival rival, double seconds) {
        long bytes = 0;
        long ids = 0;
        long start = System.nanoTime();
        double took;
        int next = 0;
        do {
            String text = documents.get(next++ % documents.size());
            ids += rival.encode(text).length;
            bytes += text.length(); // weighed below
            took = (System.nanoTime() - start) / 1e9;
        } while (took < seconds);
        if (ids == 0) {
            throw new IllegalStateException("nothing was encoded");
        }
        return bytes * bytesPerCharacter(documents) / took / 1e6;
    }

    private static double bytesPerCharacter(List<String> documents) {
        long bytes = 0;
        long characters = 0;
        for (String text : documents.subList(0, Math.min(20, documents.size()))) {
            bytes += text.getBytes(UTF_8).length;
            characters += text.length();
        }
        return (double) bytes / characters;
    }

    private void threads(Tokenizer tokenizer, List<String> documents) throws InterruptedException, ExecutionException {
        double[] ratios = new double[ROUNDS];
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            for (int round = 0; round < ROUNDS; round++) {
                double one = run(documents, tokenizer::encode, seconds);
                Callable<Double> half = () -> run(documents, tokenizer::encode, seconds);
                double both = 0;
                for (Future<Double> rate : threads.invokeAll(List.of(half, half))) {
                    both += rate.get();
                }
                ratios[round] = both / one;
            }
        }
        System.out.printf(Locale.ROOT, "two threads: %.2f× one%n", median(ratios));
        figure("encode_two_threads_ratio", median(ratios));
    }

    /// Linear: ten times the letters take about ten times as long.
    private void longWord(Tokenizer tokenizer) {
        double small = seconds("a".repeat(100_000), tokenizer);
        double large = seconds("a".repeat(1_000_000), tokenizer);
        System.out.printf(
                Locale.ROOT, "one letter 100,000 times: %.1f ms; 1,000,000 times: %.1f ms%n", small * 1e3, large * 1e3);
        figure("one_letter_100k_ms", small * 1e3);
        figure("one_letter_1m_ms", large * 1e3);
    }

    private static double seconds(String text, Tokenizer tokenizer) {
        double[] took = new double[9];
        for (int i = 0; i < took.length; i++) {
            long start = System.nanoTime();
            tokenizer.encode(text);
            took[i] = (System.nanoTime() - start) / 1e9;
        }
        return median(took);
    }

    private void figure(String name, double value) {
        json.add(String.format(Locale.ROOT, "\"%s\": %.3f", name, value));
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
