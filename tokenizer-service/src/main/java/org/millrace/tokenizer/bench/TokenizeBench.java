package org.millrace.tokenizer.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
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
import org.millrace.tokenizer.kafka.ShardBench;

/// Trains a tokenizer on 100 MB of text; then encodes prose, source code and mixed languages with it, with
/// Hugging Face's tokenizers and with jtokkit, turn by turn, and compares the ids; then one long word; then makes
/// shards of documents as the service does, with broker and store. The last line is one JSON object.
///
/// ```text
/// TokenizeBench SECONDS_PER_MEASUREMENT [--train-mb N] [--shard-mb N]
/// ```
public final class TokenizeBench {

    private static final int VOCABULARY = 32_768;
    private static final int TEXT_CHARACTERS = 4_000_000;
    private static final int ROUNDS = 5;
    private static final int SHARD_ROUNDS = 3;

    private final BenchOptions options;
    private final StringJoiner json = new StringJoiner(", ", "{", "}");

    private TokenizeBench(BenchOptions options) {
        this.options = options;
    }

    public static void main(String[] arguments) throws IOException, InterruptedException, ExecutionException {
        BenchOptions options;
        try {
            options = BenchOptions.of(List.of(arguments));
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(2);
            return;
        }
        new TokenizeBench(options).run();
        System.exit(0); // Hugging Face's library keeps threads
    }

    private void run() throws IOException, InterruptedException, ExecutionException {
        Tokenizer tokenizer = train(options.trainMegabytes());
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
        shards(tokenizer);
        figure("load_average", ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
        System.out.println(json);
    }

    private Tokenizer train(int megabytes) throws IOException {
        List<String> all = new Texts(1).assorted(megabytes * 1_000_000L, 10_000, 10_001);
        long bytes = utf8Bytes(all);
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
        run(documents, rival, options.seconds() / 2.0);
        return run(documents, rival, options.seconds());
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
        List<String> some = documents.subList(0, Math.min(20, documents.size()));
        return (double) utf8Bytes(some)
                / some.stream().mapToLong(String::length).sum();
    }

    private static long utf8Bytes(List<String> documents) {
        return documents.stream().mapToLong(text -> text.getBytes(UTF_8).length).sum();
    }

    private void threads(Tokenizer tokenizer, List<String> documents) throws InterruptedException, ExecutionException {
        double[] ratios = new double[ROUNDS];
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            for (int round = 0; round < ROUNDS; round++) {
                double one = run(documents, tokenizer::encode, options.seconds());
                Callable<Double> half = () -> run(documents, tokenizer::encode, options.seconds());
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

    /// The service's own loops, and the same documents encoded here on one thread, turn by turn.
    private void shards(Tokenizer tokenizer) throws IOException, InterruptedException {
        List<String> documents = new Texts(3).assorted(options.shardMegabytes() * 1_000_000L, 2_000, 18_000);
        double[] rates = new double[SHARD_ROUNDS];
        double[] processor = new double[SHARD_ROUNDS];
        double[] baselines = new double[SHARD_ROUNDS];
        ShardBench.Round round;
        try (ShardBench bench = new ShardBench(documents, tokenizer, System.getenv())) {
            round = bench.run(); // to warm up
            for (int i = 0; i < SHARD_ROUNDS; i++) {
                baselines[i] = round.tokens() / encodeAll(documents, tokenizer);
                round = bench.run();
                rates[i] = round.tokens() / round.seconds();
                processor[i] = round.processorSeconds() * 1e9 / round.tokens();
            }
        }
        double rate = median(rates);
        double baseline = median(baselines);
        System.out.printf(
                Locale.ROOT,
                "shards: %,d documents, %,d bytes, %,d ids in %,d shards: %.2f M ids/s through Kafka, %.0f ns of processor"
                        + " each; encoding alone, on one thread: %.2f M ids/s%n",
                documents.size(),
                utf8Bytes(documents),
                round.tokens(),
                round.shards(),
                rate / 1e6,
                median(processor),
                baseline / 1e6);
        figure("shard_tokens_per_second", rate);
        figure("shard_baseline_tokens_per_second", baseline);
        figure("shard_ratio", rate / baseline);
        figure("shard_processor_ns_per_token", median(processor));
        figure("shard_mb", utf8Bytes(documents) / 1e6);
    }

    private static double encodeAll(List<String> documents, Tokenizer tokenizer) {
        long ids = 0;
        long start = System.nanoTime();
        for (String text : documents) {
            ids += tokenizer.encode(text).length;
        }
        double took = (System.nanoTime() - start) / 1e9;
        if (ids == 0) {
            throw new IllegalStateException("nothing was encoded");
        }
        return took;
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
