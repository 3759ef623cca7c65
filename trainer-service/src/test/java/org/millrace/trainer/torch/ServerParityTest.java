package org.millrace.trainer.torch;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.trainer.Packing;
import org.millrace.trainer.Row;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What the trainer computes from a checkpoint and what the services compute that serve it: the
/// same, as far as fp32 goes. PPO compares the log-probabilities of the one with those of the
/// other.
class ServerParityTest {

    private static final Logger LOGGER = LoggerFactory.getLogger(ServerParityTest.class);

    /// Nats. Promised by the design; rounding alone makes some 10⁻⁵ at logits of size 10.
    private static final double TOLERANCE = 1e-4;

    private static final int ROWS = 4;

    /// What makes the two engines take different paths.
    private enum Shape {
        PLAIN(2, 64, 4, 4, 16, 96, 300, 48, 1e4, 1e-5, false, true),
        GROUPED(2, 64, 4, 2, 16, 96, 300, 48, 1e4, 1e-5, false, false),
        QK_NORM(2, 64, 4, 4, 16, 160, 300, 48, 1e4, 1e-6, true, true),
        /// As Qwen3: heads that together are wider than the model, another base of the rotation.
        QK_NORM_GROUPED_WIDE(3, 64, 6, 2, 32, 96, 300, 64, 1e6, 1e-6, true, false),
        ONE_KEY_HEAD(2, 96, 3, 1, 32, 128, 300, 48, 1e4, 1e-5, false, true),
        /// What the demo trains.
        DEMO(4, 256, 4, 4, 64, 704, 2048, 128, 1e4, 1e-5, false, true);

        private final ModelConfig config;

        Shape(
                int layers,
                int width,
                int heads,
                int kvHeads,
                int headWidth,
                int hidden,
                int vocabulary,
                int context,
                double ropeTheta,
                double epsilon,
                boolean qkNorm,
                boolean tied) {
            config = new ModelConfig(
                    layers,
                    width,
                    heads,
                    kvHeads,
                    headWidth,
                    hidden,
                    vocabulary,
                    context,
                    ropeTheta,
                    epsilon,
                    qkNorm,
                    tied,
                    false,
                    0,
                    1,
                    vocabulary - 9,
                    vocabulary - 5);
        }
    }

    @ParameterizedTest
    @EnumSource(Shape.class)
    void logProbabilitiesAgreeWithin1e4(Shape shape, @TempDir Path directory) throws IOException, OrtException {
        assertLogProbabilitiesAgree(write(directory, shape.config, 1));
    }

    /// The loops of doubles decide which of the two engines is wrong, should they ever differ.
    @ParameterizedTest
    @EnumSource(Shape.class)
    void logitsAreThoseOfTheNaiveTwinInBothEngines(Shape shape, @TempDir Path directory)
            throws IOException, OrtException {
        Path written = write(directory, shape.config, 3);
        int[] text = ids(shape.config, 24, 5);
        int V = shape.config.vocabulary();
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                Checkpoint checkpoint = Checkpoint.open(written);
                ServedModel served = new ServedModel(written, 1)) {
            Parameters parameters = Parameters.of(checkpoint);
            double[][] expected = new NaiveDecoder(parameters).outputs(text); // (T, V)
            Decoder decoder = new Decoder(parameters, ScalarType.Float);
            Batch batch = Batch.of(List.of(Packing.alone(text, text.length)));
            float[] trained = Parameters.values(decoder.logits(decoder.hidden(batch.ids(), batch.mask()))); // (1, T, V)

            float[][] answered = served.read(List.of(text))[0]; // (T, V)

            double trainer = 0;
            double server = 0;
            for (int t = 0; t < text.length; t++) {
                for (int v = 0; v < V; v++) {
                    trainer = Math.max(trainer, Math.abs(trained[t * V + v] - expected[t][v])); // NaN stays
                    server = Math.max(server, Math.abs(answered[t][v] - expected[t][v]));
                }
            }
            assertThat(trainer).as("trainer").isLessThanOrEqualTo(TOLERANCE);
            assertThat(server).as("server").isLessThanOrEqualTo(TOLERANCE);
        }
    }

    @ParameterizedTest
    @EnumSource(Shape.class)
    void scoresAgreeWithin1e4(Shape shape, @TempDir Path directory) throws IOException, OrtException {
        assertScoresAgree(write(directory, shape.config.withScalarHead(), 2));
    }

    /// For weights that were learned: `-Dparity.checkpoint=DIRECTORY`.
    @Test
    @EnabledIfSystemProperty(named = "parity.checkpoint", matches = ".+")
    void aGivenCheckpointAgreesWithin1e4() throws IOException, OrtException {
        Path directory = Path.of(System.getProperty("parity.checkpoint"));
        boolean scalarHead;
        try (Checkpoint checkpoint = Checkpoint.open(directory)) {
            scalarHead = checkpoint.config().scalarHead();
        }
        if (scalarHead) {
            assertScoresAgree(directory);
        } else {
            assertLogProbabilitiesAgree(directory);
        }
    }

    private static void assertLogProbabilitiesAgree(Path directory) throws IOException, OrtException {
        try (PointerScope scope = new PointerScope();
                Checkpoint checkpoint = Checkpoint.open(directory);
                ServedModel served = new ServedModel(directory, ROWS)) {
            ModelConfig config = served.config();
            int steps = config.context() / 2;
            List<int[]> prompts = prompts(config, steps);
            List<int[]> texts = new ArrayList<>();
            for (int[] prompt : prompts) {
                texts.add(continued(config, prompt, steps));
            }
            float[][][] expected = logProbabilities(checkpoint, texts);

            Largest read = new Largest();
            float[][][] logits = served.read(prompts);
            for (int b = 0; b < ROWS; b++) {
                for (int t = 0; t < prompts.get(b).length; t++) {
                    read.compare(expected[b][t], logits[b][t]);
                }
            }

            Largest stepped = new Largest();
            for (int step = 0; step < steps; step++) {
                int[] tokens = new int[ROWS];
                int[] before = new int[ROWS];
                for (int b = 0; b < ROWS; b++) {
                    before[b] = prompts.get(b).length + step;
                    tokens[b] = texts.get(b)[before[b]];
                }
                float[][] next = served.step(tokens, before);
                for (int b = 0; b < ROWS; b++) {
                    stepped.compare(expected[b][before[b]], next[b]);
                }
            }

            Largest extended = new Largest();
            int row = ROWS - 1;
            int[] text = texts.get(0);
            for (int before = 0, piece = 1; before < text.length; before += piece, piece = 7) {
                int end = Math.min(text.length, before + piece);
                float[][] scored = served.extend(row, before, Arrays.copyOfRange(text, before, end));
                for (int t = before; t < end; t++) {
                    extended.compare(expected[0][t], scored[t - before]);
                }
            }

            LOGGER.info("{}: prompts {}; token by token {}; in pieces {}", config, read, stepped, extended);
            assertThat(read.difference).as("prompts read at once").isLessThanOrEqualTo(TOLERANCE);
            assertThat(stepped.difference).as("token by token").isLessThanOrEqualTo(TOLERANCE);
            assertThat(extended.difference).as("scored in pieces").isLessThanOrEqualTo(TOLERANCE);
            assertThat(read.spread)
                    .as("a model without an opinion proves nothing")
                    .isGreaterThan(3);
        }
    }

    private static void assertScoresAgree(Path directory) throws IOException, OrtException {
        try (PointerScope scope = new PointerScope();
                Checkpoint checkpoint = Checkpoint.open(directory);
                ServedModel served = new ServedModel(directory, ROWS)) {
            ModelConfig config = served.config();
            List<int[]> texts = new ArrayList<>();
            for (int length = config.context(); length > 0; length -= 7) {
                texts.add(ids(config, length, length));
            }
            double[] expected =
                    Scorer.measure(new Decoder(Parameters.of(checkpoint), ScalarType.Float), texts); // raw, as below

            float[] scores = served.scores(texts);

            double largest = 0;
            for (int i = 0; i < scores.length; i++) {
                largest = Math.max(largest, Math.abs(expected[i] - scores[i]));
            }
            double spread = Arrays.stream(expected).max().orElseThrow()
                    - Arrays.stream(expected).min().orElseThrow();
            LOGGER.info("{}: |Δ score| ≤ {} over {} texts, {} apart", config, largest, scores.length, spread);
            assertThat(largest).isLessThanOrEqualTo(TOLERANCE);
            assertThat(spread).as("a model without an opinion proves nothing").isGreaterThan(1);
        }
    }

    /// Every id's log-probability at every position, as PPO computes those of drawn tokens: (B, T,
    /// V).
    private static float[][][] logProbabilities(Checkpoint checkpoint, List<int[]> texts) {
        int T = texts.stream().mapToInt(text -> text.length).max().orElseThrow();
        int V = checkpoint.config().vocabulary();
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Decoder decoder = new Decoder(Parameters.of(checkpoint), ScalarType.Float);
            List<Row> rows = texts.stream().map(text -> Packing.alone(text, T)).toList();
            Batch batch = Batch.of(rows);
            float[] flat = Parameters.values(
                    decoder.logits(decoder.hidden(batch.ids(), batch.mask())).log_softmax(-1)); // (B, T, V)
            float[][][] values = new float[texts.size()][T][];
            for (int i = 0; i < texts.size() * T; i++) {
                values[i / T][i % T] = Arrays.copyOfRange(flat, i * V, (i + 1) * V);
            }
            return values;
        }
    }

    /// Prompts of different lengths that leave room for the steps: one token, a few, and as many as
    /// fit.
    private static List<int[]> prompts(ModelConfig config, int steps) {
        int most = config.context() - steps;
        return List.of(ids(config, most, 1), ids(config, 1, 2), ids(config, 5, 3), ids(config, most / 2, 4));
    }

    private static int[] continued(ModelConfig config, int[] prompt, int steps) {
        int[] more = ids(config, steps, prompt.length);
        int[] text = Arrays.copyOf(prompt, prompt.length + steps);
        System.arraycopy(more, 0, text, prompt.length, steps);
        return text;
    }

    private static int[] ids(ModelConfig config, int count, long seed) {
        return new SplittableRandom(seed).ints(count, 0, config.vocabulary()).toArray();
    }

    /// Random weights that pass through the trainer's own writer. Those of a head are large enough
    /// for log-probabilities as far apart as those of a model that has learned.
    private static Path write(Path parent, ModelConfig config, long seed) throws IOException {
        Path directory = parent.resolve("checkpoint");
        try (PointerScope scope = new PointerScope()) {
            Parameters parameters = Parameters.random(config, seed);
            Random random = new Random(seed);
            parameters.tensors().forEach((name, tensor) -> {
                boolean norm = name.endsWith("norm.weight");
                boolean head = name.endsWith("head.weight")
                        || name.endsWith("embed_tokens.weight")
                        || name.equals("score.weight");
                double deviation = norm ? 0.3 : (head ? 3 : 1) / Math.sqrt(tensor.size(1));
                float[] values = new float[Math.toIntExact(tensor.numel())];
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) ((norm ? 1 : 0) + deviation * random.nextGaussian());
                }
                tensor.data_ptr_float().put(values);
            });
            parameters.write(directory, Tiny.tokenizer(directory), Map.of("stage", "test"));
        }
        return directory;
    }

    /// The largest difference between two sets of log-probabilities.
    private static final class Largest {

        private double difference;
        private double spread;
        private long count;

        /// @param logits of the server, normalised here in `double`, as its sampler does it
        void compare(float[] expected, float[] logits) {
            double max = Double.NEGATIVE_INFINITY;
            double min = Double.POSITIVE_INFINITY;
            for (float logit : logits) {
                max = Math.max(max, logit);
                min = Math.min(min, logit);
            }
            double sum = 0;
            for (float logit : logits) {
                sum += Math.exp(logit - max);
            }
            double normaliser = max + Math.log(sum);
            for (int i = 0; i < logits.length; i++) {
                difference = Math.max(difference, Math.abs(expected[i] - (logits[i] - normaliser))); // NaN stays
                count++;
            }
            spread = Math.max(spread, max - min);
        }

        @Override
        public String toString() {
            return "|Δ| ≤ %.1e nats over %d, logits %.1f apart".formatted(difference, count, spread);
        }
    }
}
