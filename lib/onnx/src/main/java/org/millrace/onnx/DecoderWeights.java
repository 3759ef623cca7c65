package org.millrace.onnx;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.checkpoint.Safetensors;
import org.millrace.checkpoint.TensorData;

/// The weights of a [DecoderGraph] out of a checkpoint. Most are the file's own memory; queries, keys and
/// values are packed into one matrix, and the rotary tables are computed here.
///
/// Attention's factor 1/√D is in the rows of the queries here, or in their norm's weights, so that the
/// graph's products of queries and keys have none: ONNX Runtime (1.29) has a kernel of its own for one row
/// only where there is no factor.
public final class DecoderWeights {

    private static final String QUERY = "self_attn.q_proj.weight";
    private static final String KEY = "self_attn.k_proj.weight";
    private static final String VALUE = "self_attn.v_proj.weight";
    private static final String QUERY_NORM = "self_attn.q_norm.weight";
    private static final String SCALED_QUERY_NORM = "self_attn.q_norm.scaled";
    private static final String PACKED = "self_attn.qkv_proj.weight";

    private DecoderWeights() {}

    /// As [#of(ModelConfig, Safetensors, Arena)], with memory that the garbage collector frees.
    public static SortedMap<String, TensorData> of(ModelConfig config, Safetensors file) throws IOException {
        return of(config, file, Arena.ofAuto());
    }

    /// Reads and checks all weights. The result refers to the memory of `file` and of `arena`: keep both open
    /// as long as a session uses the weights.
    ///
    /// @param arena for what is not in the file as it is needed
    /// @throws IOException if a weight is missing, has another shape than the configuration says, or is not finite
    public static SortedMap<String, TensorData> of(ModelConfig config, Safetensors file, Arena arena)
            throws IOException {
        SortedMap<String, TensorData> weights = new TreeMap<>();
        for (Map.Entry<String, long[]> wanted : shapes(config).entrySet()) {
            weights.put(wanted.getKey(), tensor(config, file, wanted.getKey(), wanted.getValue(), arena));
        }
        return weights;
    }

    /// The same for a [DecoderGraph] of that precision and those numbers.
    static SortedMap<String, Weight> of(
            ModelConfig config, Safetensors file, Precision precision, Numbers numbers, Arena arena)
            throws IOException {
        SortedMap<String, Weight> weights = new TreeMap<>();
        for (Map.Entry<String, long[]> wanted : shapes(config).entrySet()) {
            String name = wanted.getKey();
            boolean coded = precision.isCoded() && isMultiplied(name);
            try (Arena passing = Arena.ofConfined()) { // one matrix at a time is there as it was read
                boolean stays = !coded && numbers == Numbers.FP32;
                TensorData real = tensor(config, file, name, wanted.getValue(), stays ? arena : passing);
                if (coded) {
                    putCoded(name, real, precision, numbers, arena, passing, weights);
                } else {
                    weights.put(name, real(name, real.shape(), real.values(), numbers, arena));
                }
                if (precision.isCoded() && name.equals(DecoderGraph.EMBEDDING) && config.tied()) {
                    putCoded(DecoderGraph.HEAD, real, precision, numbers, arena, passing, weights);
                }
            }
        }
        return weights;
    }

    private static void putCoded(
            String product,
            TensorData matrix,
            Precision precision,
            Numbers numbers,
            Arena arena,
            Arena passing,
            Map<String, Weight> weights)
            throws IOException {
        Blocks blocks = Blocks.of(matrix, precision.bitsOf(product), arena, numbers == Numbers.FP32 ? arena : passing);
        String scales = scales(product);
        weights.put(codes(product), blocks.codes());
        weights.put(
                scales, real(scales, blocks.scales().shape(), blocks.scales().values(), numbers, arena));
    }

    private static Weight real(String name, long[] shape, FloatBuffer values, Numbers numbers, Arena arena)
            throws IOException {
        return switch (numbers) {
            case FP32 -> new Weight.Real(shape, values);
            case FP16 -> Halves.of(name, shape, values, arena);
        };
    }

    private static TensorData tensor(ModelConfig config, Safetensors file, String name, long[] shape, Arena arena)
            throws IOException {
        if (name.equals(DecoderGraph.COS) || name.equals(DecoderGraph.SIN)) {
            return new TensorData(shape, rotary(arena, config, name.equals(DecoderGraph.COS)));
        }
        if (name.endsWith(SCALED_QUERY_NORM)) {
            FloatBuffer norm = read(file, arena, blockOf(name, SCALED_QUERY_NORM) + QUERY_NORM, shape);
            return new TensorData(
                    shape,
                    scale(norm, config, floats(arena, config.headWidth())).flip());
        }
        if (!name.endsWith(PACKED)) {
            return new TensorData(shape, read(file, arena, name, shape));
        }
        String block = blockOf(name, PACKED);
        int keys = config.kvHeads() * config.headWidth();
        FloatBuffer packed = floats(arena, Math.toIntExact(shape[0] * shape[1]));
        try (Arena passing = Arena.ofConfined()) {
            int queries = config.heads() * config.headWidth();
            scale(read(file, passing, block + QUERY, queries, config.width()), config, packed);
            packed.put(read(file, passing, block + KEY, keys, config.width()).duplicate());
            packed.put(read(file, passing, block + VALUE, keys, config.width()).duplicate());
        }
        return new TensorData(shape, packed.flip());
    }

    private static String blockOf(String name, String weight) {
        return name.substring(0, name.length() - weight.length());
    }

    /// Whether it is a matrix of a product and of nothing else.
    static boolean isMultiplied(String name) {
        return name.endsWith("_proj.weight") || name.equals(DecoderGraph.HEAD);
    }

    static String codes(String matrix) {
        return matrix + ".codes";
    }

    static String scales(String matrix) {
        return matrix + ".scales";
    }

    /// Names and shapes, rows are outputs.
    static SortedMap<String, long[]> shapes(ModelConfig config) {
        long width = config.width();
        long queries = (long) config.heads() * config.headWidth();
        long keys = (long) config.kvHeads() * config.headWidth();
        SortedMap<String, long[]> shapes = new TreeMap<>();
        shapes.put(DecoderGraph.COS, new long[] {config.context(), config.headWidth() / 2});
        shapes.put(DecoderGraph.SIN, new long[] {config.context(), config.headWidth() / 2});
        shapes.put(DecoderGraph.EMBEDDING, new long[] {config.vocabulary(), width});
        shapes.put(DecoderGraph.FINAL_NORM, new long[] {width});
        if (config.scalarHead()) {
            shapes.put(DecoderGraph.SCORE_HEAD, new long[] {1, width});
        } else if (!config.tied()) {
            shapes.put(DecoderGraph.HEAD, new long[] {config.vocabulary(), width});
        }
        for (int layer = 0; layer < config.layers(); layer++) {
            shapes.put(inputNorm(layer), new long[] {width});
            shapes.put(middleNorm(layer), new long[] {width});
            if (config.qkNorm()) {
                shapes.put(query(layer), new long[] {queries, width});
                shapes.put(key(layer), new long[] {keys, width});
                shapes.put(value(layer), new long[] {keys, width});
                shapes.put(queryNorm(layer), new long[] {config.headWidth()});
                shapes.put(keyNorm(layer), new long[] {config.headWidth()});
            } else {
                shapes.put(packed(layer), new long[] {queries + 2 * keys, width});
            }
            shapes.put(attentionOut(layer), new long[] {width, queries});
            shapes.put(gate(layer), new long[] {config.hidden(), width});
            shapes.put(up(layer), new long[] {config.hidden(), width});
            shapes.put(down(layer), new long[] {width, config.hidden()});
        }
        return shapes;
    }

    static String query(int layer) {
        return block(layer) + QUERY;
    }

    static String key(int layer) {
        return block(layer) + KEY;
    }

    static String value(int layer) {
        return block(layer) + VALUE;
    }

    static String packed(int layer) {
        return block(layer) + PACKED;
    }

    static String queryNorm(int layer) {
        return block(layer) + SCALED_QUERY_NORM;
    }

    static String keyNorm(int layer) {
        return block(layer) + "self_attn.k_norm.weight";
    }

    static String attentionOut(int layer) {
        return block(layer) + "self_attn.o_proj.weight";
    }

    static String inputNorm(int layer) {
        return block(layer) + "input_layernorm.weight";
    }

    static String middleNorm(int layer) {
        return block(layer) + "post_attention_layernorm.weight";
    }

    static String gate(int layer) {
        return block(layer) + "mlp.gate_proj.weight";
    }

    static String up(int layer) {
        return block(layer) + "mlp.up_proj.weight";
    }

    static String down(int layer) {
        return block(layer) + "mlp.down_proj.weight";
    }

    private static String block(int layer) {
        return "model.layers." + layer + ".";
    }

    private static FloatBuffer read(Safetensors file, Arena arena, String name, long... shape) throws IOException {
        if (!file.names().contains(name)) {
            throw new IOException("weight %s: expected, but missing".formatted(name));
        }
        if (!Arrays.equals(file.shape(name), shape)) {
            throw new IOException("weight %s: expected shape %s, got %s"
                    .formatted(name, Arrays.toString(shape), Arrays.toString(file.shape(name))));
        }
        FloatBuffer values = file.floats(name, arena);
        if (!allFinite(values)) {
            throw new IOException("weight %s: expected finite values, got NaN or infinity".formatted(name));
        }
        return values;
    }

    private static boolean allFinite(FloatBuffer values) {
        float zero = 0;
        int end = values.limit();
        for (int i = values.position(); i < end; i++) {
            zero += values.get(i) * 0; // NaN once a value is NaN or infinite, and stays so
        }
        return zero == 0;
    }

    /// Queries, or the weights of their norm, over √D.
    private static FloatBuffer scale(FloatBuffer from, ModelConfig config, FloatBuffer to) {
        float scale = (float) (1 / Math.sqrt(config.headWidth()));
        for (int i = from.position(); i < from.limit(); i++) {
            to.put(scale * from.get(i));
        }
        return to;
    }

    /// `cos(t·θ^(−2d/D))` or the sine, for each position t and each pair d. Shape (context, D/2); computed in
    /// `double`, so the error is that of rounding to `float`.
    private static FloatBuffer rotary(Arena arena, ModelConfig config, boolean cosine) {
        int pairs = config.headWidth() / 2;
        FloatBuffer table = floats(arena, config.context() * pairs);
        for (int t = 0; t < config.context(); t++) {
            for (int d = 0; d < pairs; d++) {
                double angle = t * Math.pow(config.ropeTheta(), -2.0 * d / config.headWidth());
                table.put((float) (cosine ? Math.cos(angle) : Math.sin(angle)));
            }
        }
        return table.flip();
    }

    private static FloatBuffer floats(Arena arena, int count) {
        return arena.allocate(ValueLayout.JAVA_FLOAT, count)
                .asByteBuffer()
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }
}
