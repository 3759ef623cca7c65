package org.millrace.inference.grpc.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.StringJoiner;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.millrace.bpe.SpecialToken;
import org.millrace.bpe.Tokenizer;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.inference.Engine;
import org.millrace.inference.Tally;
import org.millrace.inference.onnx.OnnxDecoder;
import org.millrace.onnx.Precision;

/// Tokens per second of our engine and of llama.cpp, with one model of random weights in both, in this process, turn
/// by turn: 1, 8 and 32 answers at once of 128 tokens to prompts of 16, each token the likeliest. `src/test/llama/run`
/// starts it. The last line is one JSON object.
///
/// ```text
/// LlamaComparison LIBRARIES MILLRACE THREADS SECONDS_PER_TURN [--shape L,D,H,K,V]
/// ```
///
/// What is in the time: the steps from the second token of all answers to the last, and the choice of each token. What
/// is in ours alone: the log-probability of each token over the whole vocabulary, its text, and the listener who is
/// told. Prompts are not in it. Both use as many threads. llama.cpp reads what `./millrace export` writes, F32 beside
/// our fp32 and Q8_0 beside int8; its cache of keys and values is F16, as always where nobody says otherwise, and ours
/// fp32.
public final class LlamaComparison {

    private static final int[] BATCHES = {1, 8, 32};
    private static final int TURNS = 5;
    static final int PROMPT = 16;
    static final int ANSWER = 128;
    private static final int CONTEXT = 256;

    /// Until the compiler has little left to do.
    private static final Duration WARMING = Duration.ofSeconds(3);

    private final OperatingSystemMXBean processor = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    private final Path checkpoint;
    private final LlamaCpp llama;
    private final ModelConfig config;
    private final Tokenizer tokenizer;
    private final Duration time;
    private final int threads;
    private final SplittableRandom random = new SplittableRandom(7);
    private final StringJoiner json = new StringJoiner(", ", "{", "}");

    private LlamaComparison(Path checkpoint, LlamaCpp llama, int threads, Duration time) throws IOException {
        this.checkpoint = checkpoint;
        this.llama = llama;
        this.threads = threads;
        this.time = time;
        try (Checkpoint opened = Checkpoint.open(checkpoint)) {
            this.config = opened.config();
            this.tokenizer = Tokenizer.read(opened.tokenizer());
        }
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        List<String> rest = List.of(arguments);
        var libraries = Path.of(rest.get(0));
        String millrace = rest.get(1);
        List<String> options = new ArrayList<>(List.of("llama.cpp"));
        options.addAll(rest.subList(3, rest.size()));
        BenchOptions asked = BenchOptions.of(options);
        Path folder = Files.createTempDirectory("millrace-llama-");
        try {
            Path checkpoint = RandomModel.write(folder, asked.shape(), CONTEXT);
            var comparison = new LlamaComparison(
                    checkpoint, new LlamaCpp(libraries), Integer.parseInt(rest.get(2)), asked.time());
            comparison.compare(Precision.FP32, export(millrace, checkpoint, folder, "f32"));
            comparison.compare(Precision.INT8, export(millrace, checkpoint, folder, "q8_0"));
            comparison.finish();
        } finally {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private static Path export(String millrace, Path checkpoint, Path folder, String type)
            throws IOException, InterruptedException {
        Path file = folder.resolve(type + ".gguf");
        Process export = new ProcessBuilder(
                        millrace,
                        "export",
                        "--format",
                        "gguf",
                        "--type",
                        type,
                        "--model",
                        checkpoint.toString(),
                        "--out",
                        file.toString())
                .inheritIO()
                .start();
        if (!export.waitFor(10, TimeUnit.MINUTES) || export.exitValue() != 0) {
            export.destroyForcibly();
            throw new IllegalStateException("no %s from ./millrace export".formatted(file));
        }
        return file;
    }

    private void compare(Precision precision, Path gguf) throws IOException, InterruptedException {
        int drawable = Math.min(tokenizer.vocabularySize(), config.vocabulary());
        Engine engine = engine(precision);
        try (LlamaCpp.Model theirs = llama.open(gguf, config.vocabulary(), drawable, threads)) {
            for (long start = System.nanoTime(); System.nanoTime() - start < WARMING.toNanos(); ) {
                EngineBatch.draw(engine, prompts(8), ANSWER, processor);
            }
            for (int answers : BATCHES) {
                try (LlamaCpp.Batch batch = theirs.batch(answers, CONTEXT)) {
                    compare(precision, answers, engine, batch);
                }
            }
        } finally {
            if (!engine.stop(Duration.ofSeconds(10))) {
                throw new IllegalStateException("engine: expected to end within 20 s, it has not");
            }
        }
    }

    private Engine engine(Precision precision) throws IOException {
        int most = Arrays.stream(BATCHES).max().orElseThrow();
        var engine = new Engine(
                "bench",
                OnnxDecoder.factory(threads).open(Checkpoint.open(checkpoint), most + 1, precision),
                config,
                tokenizer,
                config.eosId(),
                new Engine.Limits(most, 2 * most),
                new Tally(),
                (thread, cause) -> cause.printStackTrace());
        engine.start();
        return engine;
    }

    private void compare(Precision precision, int answers, Engine engine, LlamaCpp.Batch batch)
            throws InterruptedException {
        int[][] prompts = prompts(answers);
        int alike = alike(EngineBatch.draw(engine, prompts, ANSWER, processor), theirs(batch, prompts));
        List<Rate> ours = new ArrayList<>();
        List<Rate> theirs = new ArrayList<>();
        for (int turn = 0; turn < TURNS; turn++) {
            ours.add(turn(answers, asked -> EngineBatch.draw(engine, asked, ANSWER, processor)));
            theirs.add(turn(answers, asked -> theirs(batch, asked)));
        }
        Rate us = Rate.median(ours);
        Rate them = Rate.median(theirs);
        System.out.printf(
                Locale.ROOT,
                "%s, %2d answers at once: %.0f tokens/s, llama.cpp %.0f (%.2f times); %.1f µs of processor a token,"
                        + " llama.cpp %.1f (%.2f times); %d of %d tokens alike%n",
                precision.label(),
                answers,
                us.perSecond(),
                them.perSecond(),
                us.perSecond() / them.perSecond(),
                us.processorMicros(),
                them.processorMicros(),
                them.processorMicros() / us.processorMicros(),
                alike,
                answers * ANSWER);
        String at = precision.label() + "_b" + answers;
        figure("tokens_per_second_" + at, us.perSecond());
        figure("llama_cpp_tokens_per_second_" + at, them.perSecond());
        figure("of_llama_cpp_" + at, us.perSecond() / them.perSecond());
        figure("processor_us_" + at, us.processorMicros());
        figure("llama_cpp_processor_us_" + at, them.processorMicros());
    }

    /// One side answers again and again.
    private Rate turn(int answers, Side side) throws InterruptedException {
        long tokens = 0;
        long nanos = 0;
        long used = 0;
        for (long start = System.nanoTime(); System.nanoTime() - start < time.toNanos(); ) {
            Drew drew = side.draw(prompts(answers));
            tokens += (ANSWER - 1L) * answers;
            nanos += drew.nanos();
            used += drew.processorNanos();
        }
        return new Rate(tokens * 1e9 / nanos, used / 1e3 / tokens);
    }

    private Drew theirs(LlamaCpp.Batch batch, int[][] prompts) {
        int[][] drawn = new int[prompts.length][ANSWER];
        int[] next = batch.read(prompts);
        long start = System.nanoTime();
        long used = processor.getProcessCpuTime();
        for (int t = 0; ; t++) {
            for (int b = 0; b < prompts.length; b++) {
                drawn[b][t] = next[b];
            }
            if (t == ANSWER - 1) {
                return new Drew(drawn, System.nanoTime() - start, processor.getProcessCpuTime() - used);
            }
            next = batch.step(next);
        }
    }

    /// Tokens before the first that differs, of all answers.
    private static int alike(Drew ours, Drew theirs) {
        int alike = 0;
        for (int b = 0; b < ours.tokens().length; b++) {
            int differs = Arrays.mismatch(ours.tokens()[b], theirs.tokens()[b]);
            alike += differs < 0 ? ANSWER : differs;
        }
        return alike;
    }

    private int[][] prompts(int count) {
        int[][] prompts = new int[count][PROMPT];
        for (int[] prompt : prompts) {
            Arrays.setAll(prompt, t -> random.nextInt(tokenizer.id(SpecialToken.BOS)));
        }
        return prompts;
    }

    private void finish() {
        figure("parameters", config.parameters());
        figure("threads", threads);
        figure("load_average", ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
        System.out.println("llama.cpp: " + llama.system() + " " + llama.libraries());
        System.out.println(json);
    }

    private void figure(String name, double value) {
        json.add(String.format(Locale.ROOT, "\"%s\": %.3f", name, value));
    }

    /// Somebody who answers.
    @FunctionalInterface
    private interface Side {
        Drew draw(int[][] prompts) throws InterruptedException;
    }

    /// What came of one round of answers.
    ///
    /// @param tokens of each answer
    /// @param nanos from the first token of all answers to the last of all
    /// @param processorNanos of this process, meanwhile
    record Drew(int[][] tokens, long nanos, long processorNanos) {}

    /// @param processorMicros of one core, for a token
    private record Rate(double perSecond, double processorMicros) {

        static Rate median(List<Rate> rates) {
            return new Rate(
                    median(rates.stream().mapToDouble(Rate::perSecond).sorted().toArray()),
                    median(rates.stream()
                            .mapToDouble(Rate::processorMicros)
                            .sorted()
                            .toArray()));
        }

        private static double median(double[] sorted) {
            return sorted[sorted.length / 2];
        }
    }
}
