package org.millrace.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.checkpoint.Safetensors;
import org.millrace.checkpoint.TensorData;

class PrecisionTest {

    /// Root mean square of the differences over that of the logits: 0.022 to 0.035, because what goes into a
    /// product is rounded to a byte as well. Without that (`accuracy_level` 1) it is 1e-6; a half byte in the
    /// wrong place makes it 1.
    private static final double TOLERANCE = 0.06;

    /// The same in 16 bits.
    private static final double HALVES = 0.01;

    private final Path directory;

    PrecisionTest(@TempDir Path directory) {
        this.directory = directory;
    }

    /// The inner sizes are 32, 48, 64, 96, 128 and 256: some blocks are not full, and in 8 bits some are longer.
    @ParameterizedTest
    @CsvSource({
        "INT8, FP32, false, false, 32, 48",
        "INT8, FP32, true, false, 32, 48",
        "INT8, FP32, false, true, 32, 48",
        "INT8, FP32, true, false, 128, 256",
        "INT4, FP32, false, false, 32, 48",
        "INT4, FP32, true, true, 64, 96",
        "INT4, FP32, false, false, 128, 256",
        "FP16, FP16, false, false, 32, 48",
        "FP16, FP16, true, true, 64, 96",
        "INT8, FP16, true, false, 128, 256",
        "INT4, FP16, true, true, 64, 96"
    })
    void logitsAreThoseOfTheNaivePassOverWhatTheBitsSay(
            Precision precision, Numbers numbers, boolean tied, boolean qkNorm, int width, int hidden)
            throws Exception {
        double tolerance = precision == Precision.FP16 ? HALVES : TOLERANCE;
        var config = config(width, hidden, qkNorm, tied, false);
        var untied = config(width, hidden, qkNorm, false, false);
        SortedMap<String, TensorData> weights = RandomWeights.of(config, 1);
        int[] tokens = new SplittableRandom(2).ints(20, 0, 61).toArray();
        double[][] expected = new NaiveDecoder(untied, rounded(weights, precision)).forward(tokens);

        try (Arena arena = Arena.ofConfined();
                Safetensors file = RandomWeights.file(directory, weights);
                var graph = GraphRunner.withCache(
                        DecoderGraph.of(config, precision, numbers),
                        config,
                        DecoderWeights.of(config, file, precision, numbers, arena),
                        1,
                        AttentionKernel.PRODUCTS,
                        numbers)) {
            assertNear(graph.last(new int[1], new int[][] {Arrays.copyOf(tokens, 11)})[0], expected[10], tolerance);
            for (int t = 11; t < tokens.length; t++) {
                assertNear(graph.last(new int[] {t}, new int[][] {{tokens[t]}})[0], expected[t], tolerance);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"4, 70, 32", "4, 128, 32", "8, 70, 32", "8, 96, 32", "8, 192, 64", "8, 256, 128"})
    void noNumberIsOffByMoreThanAStepAndHalfAStepOnTheSideOfTheFarthest(int bits, int inner, int size) {
        var random = new SplittableRandom(bits);
        float[] values = new float[6 * inner];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(-3, 3)));
        }
        Arrays.fill(values, inner, 2 * inner, 0); // a row of nothing
        values[3] = Float.MIN_VALUE;
        Arrays.fill(values, 5 * inner, 6 * inner, 1e-38f); // a step of it has no inverse
        try (Arena arena = Arena.ofConfined()) {
            Blocks blocks =
                    Blocks.of(new TensorData(new long[] {6, inner}, FloatBuffer.wrap(values)), bits, arena, arena);

            int perRow = Math.ceilDiv(inner, size);
            assertThat(blocks.codes().shape()).containsExactly(6, perRow, size * bits / 8);
            float[] back = values(blocks, 6, inner, bits, size);
            assertThat(Arrays.copyOfRange(back, 5 * inner, 6 * inner)).containsOnly(0);
            for (int n = 0; n < 6; n++) {
                for (int k = 0; k < inner; k++) {
                    float scale = blocks.scales().values().get(n * perRow + k / size);
                    float exact = values[n * inner + k];
                    double steps = exact * scale > 0 ? 1.001 : 0.501; // the far side, or that of the farthest
                    assertThat((double) back[n * inner + k]).isCloseTo(exact, within(Math.abs(scale) * steps + 1e-30));
                }
            }
        }
    }

    @Test
    void weightsThatAreNotFiniteAreNamed() throws Exception {
        var config = new ModelConfig(1, 32, 2, 2, 16, 48, 61, 40, 10_000, 1e-5, false, true, false, 0, 1, 0, 1);
        SortedMap<String, TensorData> weights = RandomWeights.of(config, 1);
        FloatBuffer values = FloatBuffer.allocate(48 * 32).put(7, Float.NaN);
        weights.put("model.layers.0.mlp.up_proj.weight", new TensorData(new long[] {48, 32}, values));

        try (Arena arena = Arena.ofConfined();
                Safetensors file = RandomWeights.file(directory, weights)) {
            assertThatIOException()
                    .isThrownBy(() -> DecoderWeights.of(config, file, Precision.INT4, Numbers.FP32, arena))
                    .withMessage(
                            "weight model.layers.0.mlp.up_proj.weight: expected finite values, got NaN or infinity");
        }
    }

    @Test
    void weightsThatFp16HasNotAreNamed() throws Exception {
        var config = config(32, 48, false, false, false);
        SortedMap<String, TensorData> weights = RandomWeights.of(config, 1);
        FloatBuffer values = FloatBuffer.allocate(32).put(7, -70_000);
        weights.put("model.norm.weight", new TensorData(new long[] {32}, values));

        try (Arena arena = Arena.ofConfined();
                Safetensors file = RandomWeights.file(directory, weights)) {
            assertThatIOException()
                    .isThrownBy(() -> DecoderWeights.of(config, file, Precision.FP16, Numbers.FP16, arena))
                    .withMessage("weight model.norm.weight: expected at most 65504 for fp16, got -70000.0");
        }
    }

    /// That memory has a limit of its own, and is given back only when garbage is collected.
    @Test
    void nothingOfAllMatricesIsHeldInTheMemoryOfBuffers() throws Exception {
        var config = config(32, 48, false, false, false);
        BufferPoolMXBean buffers = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .findAny()
                .orElseThrow();
        try (Arena arena = Arena.ofConfined();
                Safetensors file = RandomWeights.file(directory, RandomWeights.of(config, 1))) {
            long before = buffers.getMemoryUsed();

            DecoderWeights.of(config, file, Precision.INT8, Numbers.FP32, arena);

            assertThat(buffers.getMemoryUsed()).isLessThanOrEqualTo(before);
        }
    }

    @Test
    void aScalarHeadInFewBitsIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DecoderGraph.of(config(32, 48, false, false, true), Precision.INT8, Numbers.FP32))
                .withMessage("precision: expected fp32 or fp16 for a scalar head, got int8");
    }

    private static ModelConfig config(int width, int hidden, boolean qkNorm, boolean tied, boolean scalarHead) {
        return new ModelConfig(3, width, 4, 2, 16, hidden, 61, 40, 10_000, 1e-5, qkNorm, tied, scalarHead, 0, 1, 0, 1);
    }

    @Test
    void precisionsHaveNames() {
        assertThat(Precision.named("int8")).isEqualTo(Precision.INT8);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Precision.named("INT8"))
                .withMessage("expected fp32, fp16, int8 or int4, got \"INT8\"");
    }

    /// As the graph sees them, by the definition and number by number; the head apart from the embedding.
    private static SortedMap<String, TensorData> rounded(SortedMap<String, TensorData> weights, Precision precision) {
        SortedMap<String, TensorData> rounded = new TreeMap<>(weights);
        rounded.putIfAbsent("lm_head.weight", rounded.get("model.embed_tokens.weight"));
        if (precision == Precision.FP16) {
            return rounded;
        }
        rounded.replaceAll((name, tensor) -> {
            if (tensor.shape().length < 2 || name.equals("model.embed_tokens.weight")) {
                return tensor;
            }
            int inner = (int) tensor.shape()[1];
            float[] values = new float[tensor.values().remaining()];
            tensor.values().duplicate().get(values);
            boolean bytes = precision == Precision.INT8 || name.equals("lm_head.weight");
            int size = bytes && inner % 128 == 0 ? 128 : bytes && inner % 64 == 0 ? 64 : 32;
            for (int row = 0; row < values.length; row += inner) {
                for (int from = 0; from < inner; from += size) {
                    round(values, row + from, row + Math.min(from + size, inner), bytes ? 128 : 8);
                }
            }
            return new TensorData(tensor.shape(), FloatBuffer.wrap(values));
        });
        return rounded;
    }

    private static void round(float[] values, int from, int to, int zero) {
        float farthest = 0;
        for (int i = from; i < to; i++) {
            farthest = Math.abs(values[i]) > Math.abs(farthest) ? values[i] : farthest;
        }
        double step = -farthest / (double) zero;
        for (int i = from; i < to; i++) {
            values[i] = (float) (step * Math.min(Math.rint(values[i] / step), zero - 1));
        }
    }

    /// Out of the packed bytes.
    private static float[] values(Blocks blocks, int rows, int inner, int bits, int size) {
        float[] values = new float[rows * inner];
        int perRow = Math.ceilDiv(inner, size);
        for (int n = 0; n < rows; n++) {
            for (int k = 0; k < inner; k++) {
                int block = n * perRow + k / size;
                int bit = k % size * bits;
                int both = blocks.codes().values().get(block * (size * bits / 8) + bit / 8) & 0xff;
                int code = both >> bit % 8 & (1 << bits) - 1;
                values[n * inner + k] = blocks.scales().values().get(block) * (code - (1 << bits - 1));
            }
        }
        return values;
    }

    private static void assertNear(float[] actual, double[] expected, double tolerance) {
        double off = 0;
        double all = 0;
        for (int v = 0; v < expected.length; v++) {
            off += Math.pow(actual[v] - expected[v], 2);
            all += Math.pow(expected[v], 2);
        }
        assertThat(Math.sqrt(off / all)).isLessThan(tolerance);
    }
}
