package org.millrace.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.checkpoint.Safetensors;
import org.millrace.checkpoint.TensorData;

class DecoderGraphTest {

    /// Logits here are of size 1 to 10; fp32 sums of 32 to 64 terms over three layers err by some 1e-6.
    private static final double TOLERANCE = 1e-5;

    enum Variant {
        LLAMA(2, false, true, false),
        MANY_KEYS(4, false, false, false),
        QWEN3(2, true, true, false),
        SCALAR(2, false, true, true),
        SCALAR_QWEN3(1, true, true, true);

        private final ModelConfig config;

        Variant(int kvHeads, boolean qkNorm, boolean tied, boolean scalarHead) {
            config = new ModelConfig(
                    3, 32, 4, kvHeads, 16, 48, 61, 40, 10_000, 1e-5, qkNorm, tied, scalarHead, 0, 1, 0, 1);
        }
    }

    private final Path directory;

    DecoderGraphTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @ParameterizedTest
    @EnumSource
    void everyPositionIsThatOfTheNaiveForwardPass(Variant variant) throws Exception {
        SortedMap<String, TensorData> weights = RandomWeights.of(variant.config, 1);
        int[] tokens = tokens(2, 33, variant.config.vocabulary());
        double[][] expected = new NaiveDecoder(variant.config, weights).forward(tokens);

        try (Safetensors file = RandomWeights.file(directory, weights);
                var graph = GraphRunner.withoutCache(variant.config, DecoderWeights.of(variant.config, file))) {
            long[] all = IntStream.range(0, tokens.length).asLongStream().toArray();
            assertNear(graph.run(new int[1], new int[][] {tokens}, all), expected);
        }
    }

    static Stream<Arguments> variantsAndKernels() {
        return Arrays.stream(Variant.values()).flatMap(variant -> Arrays.stream(AttentionKernel.values())
                .map(kernel -> Arguments.of(variant, kernel)));
    }

    @ParameterizedTest
    @MethodSource("variantsAndKernels")
    void readingAPromptAndDecodingEqualsTheWholeForwardPass(Variant variant, AttentionKernel attention)
            throws Exception {
        SortedMap<String, TensorData> weights = RandomWeights.of(variant.config, 3);
        int[] tokens = tokens(4, variant.config.context(), variant.config.vocabulary());
        int prompt = 11;
        double[][] expected = new NaiveDecoder(variant.config, weights).forward(tokens);

        try (Safetensors file = RandomWeights.file(directory, weights);
                var graph =
                        GraphRunner.withCache(variant.config, DecoderWeights.of(variant.config, file), 1, attention)) {
            float[][] actual = new float[tokens.length][];
            actual[prompt - 1] = graph.last(new int[1], new int[][] {Arrays.copyOf(tokens, prompt)})[0];
            for (int t = prompt; t < tokens.length; t++) {
                actual[t] = graph.last(new int[] {t}, new int[][] {{tokens[t]}})[0];
            }
            assertNear(
                    Arrays.copyOfRange(actual, prompt - 1, tokens.length),
                    Arrays.copyOfRange(expected, prompt - 1, tokens.length));
        }
    }

    @ParameterizedTest
    @MethodSource("variantsAndKernels")
    void rowsOfDifferentLengthsDoNotDisturbEachOther(Variant variant, AttentionKernel attention) throws Exception {
        SortedMap<String, TensorData> weights = RandomWeights.of(variant.config, 5);
        int[] lengths = {3, 17, 1, 9, 17};
        int[][] rows = new int[lengths.length][];
        for (int b = 0; b < rows.length; b++) {
            rows[b] = tokens(b, lengths[b] + 4, variant.config.vocabulary());
        }
        var naive = new NaiveDecoder(variant.config, weights);

        try (Safetensors file = RandomWeights.file(directory, weights);
                var graph = GraphRunner.withCache(
                        variant.config, DecoderWeights.of(variant.config, file), rows.length, attention)) {
            int[][] prompts = new int[rows.length][];
            for (int b = 0; b < rows.length; b++) {
                prompts[b] = Arrays.copyOf(rows[b], lengths[b]);
            }
            assertNear(graph.last(new int[rows.length], prompts), lastOf(naive, prompts));
            for (int step = 0; step < 4; step++) {
                int[] before = new int[rows.length];
                int[][] next = new int[rows.length][];
                int[][] whole = new int[rows.length][];
                for (int b = 0; b < rows.length; b++) {
                    before[b] = lengths[b] + step;
                    next[b] = new int[] {rows[b][before[b]]};
                    whole[b] = Arrays.copyOf(rows[b], before[b] + 1);
                }
                assertNear(graph.last(before, next), lastOf(naive, whole));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aSecondPieceOfAPromptGoesOnWhereTheFirstEnded(AttentionKernel attention) throws Exception {
        ModelConfig config = Variant.QWEN3.config;
        SortedMap<String, TensorData> weights = RandomWeights.of(config, 6);
        int[] tokens = tokens(7, 30, config.vocabulary());
        double[][] expected = new NaiveDecoder(config, weights).forward(tokens);

        try (Safetensors file = RandomWeights.file(directory, weights);
                var graph = GraphRunner.withCache(config, DecoderWeights.of(config, file), 1, attention)) {
            graph.last(new int[1], new int[][] {Arrays.copyOf(tokens, 12)});
            float[][] actual = graph.last(new int[] {12}, new int[][] {Arrays.copyOfRange(tokens, 12, 30)});

            assertNear(actual, new double[][] {expected[29]});
        }
    }

    /// ONNX Runtime heeds the choice: sums in another order differ in their last bits.
    @Test
    void theKernelsOfAttentionAreTwo() throws Exception {
        ModelConfig config = Variant.LLAMA.config;
        SortedMap<String, TensorData> weights = RandomWeights.of(config, 12);
        int[] tokens = tokens(13, 40, config.vocabulary());
        List<float[]> last = new ArrayList<>();

        for (AttentionKernel attention : AttentionKernel.values()) {
            try (Safetensors file =
                            RandomWeights.file(Files.createDirectory(directory.resolve(attention.name())), weights);
                    var graph = GraphRunner.withCache(config, DecoderWeights.of(config, file), 1, attention)) {
                graph.last(new int[1], new int[][] {Arrays.copyOf(tokens, 39)});
                last.add(graph.last(new int[] {39}, new int[][] {{tokens[39]}})[0]);
            }
        }

        assertThat(last.getFirst()).isNotEqualTo(last.getLast());
        assertThat(last.getFirst()).containsExactly(last.getLast(), within(1e-5f));
    }

    @Test
    void equalConfigurationsGiveEqualBytes() {
        assertThat(DecoderGraph.of(Variant.LLAMA.config)).isEqualTo(DecoderGraph.of(Variant.LLAMA.config));
        assertThat(DecoderGraph.of(Variant.LLAMA.config)).isNotEqualTo(DecoderGraph.of(Variant.QWEN3.config));
    }

    @Test
    void headsThatTheOperatorCannotServeAreRefused() {
        var narrow = new ModelConfig(1, 32, 4, 4, 8, 48, 61, 40, 10_000, 1e-5, false, true, false, 0, 1, 0, 1);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> DecoderGraph.of(narrow))
                .withMessage("headWidth: expected a multiple of 16, got 8");
    }

    @Test
    void aMissingWeightIsNamed() throws Exception {
        SortedMap<String, TensorData> weights = RandomWeights.of(Variant.LLAMA.config, 8);
        weights.remove("model.layers.1.self_attn.k_proj.weight");

        assertThatIOException()
                .isThrownBy(() -> read(weights))
                .withMessage("weight model.layers.1.self_attn.k_proj.weight: expected, but missing");
    }

    @Test
    void aWeightOfAnotherShapeIsNamed() throws Exception {
        SortedMap<String, TensorData> weights = RandomWeights.of(Variant.LLAMA.config, 9);
        weights.put("model.norm.weight", new TensorData(new long[] {2}, FloatBuffer.wrap(new float[2])));

        assertThatIOException()
                .isThrownBy(() -> read(weights))
                .withMessage("weight model.norm.weight: expected shape [32], got [2]");
    }

    @Test
    void aWeightThatIsNotFiniteIsNamed() throws Exception {
        SortedMap<String, TensorData> weights = RandomWeights.of(Variant.LLAMA.config, 10);
        FloatBuffer norm = FloatBuffer.allocate(32);
        weights.put("model.norm.weight", new TensorData(new long[] {32}, norm.put(7, Float.POSITIVE_INFINITY)));

        assertThatIOException()
                .isThrownBy(() -> read(weights))
                .withMessage("weight model.norm.weight: expected finite values, got NaN or infinity");
    }

    private void read(SortedMap<String, TensorData> weights) throws IOException {
        try (Safetensors file = RandomWeights.file(directory, weights)) {
            DecoderWeights.of(Variant.LLAMA.config, file);
        }
    }

    private static double[][] lastOf(NaiveDecoder naive, int[][] rows) {
        double[][] last = new double[rows.length][];
        for (int b = 0; b < rows.length; b++) {
            last[b] = naive.forward(rows[b])[rows[b].length - 1];
        }
        return last;
    }

    private static void assertNear(float[][] actual, double[][] expected) {
        assertThat(actual).hasDimensions(expected.length, expected[0].length);
        for (int n = 0; n < expected.length; n++) {
            for (int v = 0; v < expected[n].length; v++) {
                assertThat((double) actual[n][v]).as("(%d,%d)", n, v).isCloseTo(expected[n][v], within(TOLERANCE));
            }
        }
    }

    private static int[] tokens(long seed, int count, int vocabulary) {
        return new SplittableRandom(seed).ints(count, 0, vocabulary).toArray();
    }
}
