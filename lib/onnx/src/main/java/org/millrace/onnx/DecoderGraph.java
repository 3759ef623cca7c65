package org.millrace.onnx;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.checkpoint.TensorData;
import org.millrace.onnx.OnnxWriter.Attribute;
import org.millrace.onnx.OnnxWriter.Axis;

/// The ONNX graph of a Llama-family decoder: RMS norm, rotary positions, grouped-query attention, SwiGLU,
/// tied or own head, or a scalar head. It holds no weights: equal configurations give equal bytes, and a new
/// version of a model is the same graph with other [weights][#weights(Checkpoint)], handed over with
/// `SessionOptions.addExternalInitializers`. Of another [Precision] than fp32 it is another graph, with
/// [other weights][#weights(Checkpoint, Precision, Arena)].
///
/// Dimensions: B rows, T tokens in a row, N positions whose output is wanted, V vocabulary, C width,
/// H heads, K heads of keys, D their width, P capacity of the cache.
///
/// ```text
/// tokens (B,T) ─ embed ─ [ norm ─ q,k,v ─ attention ─ + ─ norm ─ SwiGLU ─ + ] × layers
///                                   │ ▲                                    └ pick `rows` (N) ─ norm ─ head
///                          present K,V past                                  └▶ logits (N,V) | scores (N,1)
/// ```
///
/// Inputs besides the cache:
/// - `tokens` (B,T) i64: new tokens of each row; shorter rows are padded on the right with any id;
/// - `last_positions` (B) i32: position of the last new token of each row, that is its length so far less one;
/// - `span` () i32: length of the longest row after this run. On the first run of rows it must equal T;
///   afterwards T is 1 (or B is 1);
/// - `rows` (N) i64: which of the B·T positions the head is applied to, as `b * T + t`.
public final class DecoderGraph {

    public static final String TOKENS = "tokens";
    public static final String LAST_POSITIONS = "last_positions";
    public static final String SPAN = "span";
    public static final String ROWS = "rows";
    public static final String LOGITS = "logits";
    public static final String SCORES = "scores";

    static final String COS = "rope.cos";
    static final String SIN = "rope.sin";
    static final String EMBEDDING = "model.embed_tokens.weight";
    static final String FINAL_NORM = "model.norm.weight";
    static final String HEAD = "lm_head.weight";
    static final String SCORE_HEAD = "score.weight";

    private static final String ONNX = "";
    private static final String MICROSOFT = "com.microsoft";
    private static final int OPSET = 17;

    /// `accuracy_level`: what goes in is rounded to a byte a number, so that whole numbers are multiplied.
    private static final int WHOLE_NUMBERS = 4;

    private static final int PIECE_FLOATS = 1 << 16;

    private final ModelConfig config;
    private final boolean cached;
    private final String location;
    private final Precision precision;
    private final Numbers numbers;
    private final OnnxWriter out = new OnnxWriter("decoder");

    private DecoderGraph(ModelConfig config, boolean cached, String location, Precision precision, Numbers numbers) {
        if (config.headWidth() % 16 != 0) { // GroupQueryAttention with rotation serves no other width
            throw new IllegalArgumentException("headWidth: expected a multiple of 16, got " + config.headWidth());
        }
        if (config.scalarHead() && precision.isCoded()) {
            throw new IllegalArgumentException(
                    "precision: expected fp32 or fp16 for a scalar head, got " + precision.label());
        }
        if (!precision.isCoded() && (precision == Precision.FP16) != (numbers == Numbers.FP16)) {
            throw new IllegalArgumentException(
                    "numbers: expected those of the weights, %s, got %s".formatted(precision, numbers));
        }
        this.config = config;
        this.cached = cached;
        this.location = location;
        this.precision = precision;
        this.numbers = numbers;
    }

    /// With a cache of keys and values of shape (B,K,P,D) for each layer, as inputs [#past] and outputs
    /// [#present]. Give one tensor as both, and it is updated in place.
    public static byte[] of(ModelConfig config) {
        return of(config, Precision.FP32, Numbers.FP32);
    }

    /// As [#of(ModelConfig)], for weights of that precision. On a processor, what goes into a product
    /// with few bits is rounded to a byte a number too, with a scale for as many of them as a block of the
    /// weights has. Logits and scores are fp32 in all.
    ///
    /// @param numbers of the cache, too
    /// @throws IllegalArgumentException if a scalar head is asked for in few bits, or weights that are no codes in
    ///     others than what flows
    public static byte[] of(ModelConfig config, Precision precision, Numbers numbers) {
        return new DecoderGraph(config, true, "", precision, numbers).write();
    }

    /// Without a cache, for scoring whole texts: `span` is T.
    public static byte[] withoutCache(ModelConfig config) {
        return new DecoderGraph(config, false, "", Precision.FP32, Numbers.FP32).write();
    }

    /// Writes the graph with a cache, for others, and beside it a file of its weights: `NAME` and `NAME.data`.
    ///
    /// @param file must not exist, nor that of its weights
    /// @throws IOException as [#weights], or if it cannot be written
    public static void export(Checkpoint checkpoint, Path file) throws IOException {
        String location = file.getFileName() + ".data";
        byte[] graph = new DecoderGraph(checkpoint.config(), true, location, Precision.FP32, Numbers.FP32).write();
        SortedMap<String, TensorData> weights = weights(checkpoint);
        try (FileChannel data = FileChannel.open(
                file.resolveSibling(location), StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
            for (TensorData weight : weights.values()) {
                write(data, weight.values().duplicate());
            }
            data.force(true);
        }
        Files.write(file, graph, StandardOpenOption.CREATE_NEW); // last: without it there is no model
    }

    private static void write(FileChannel data, FloatBuffer values) throws IOException {
        ByteBuffer piece = ByteBuffer.allocate(PIECE_FLOATS * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        while (values.hasRemaining()) {
            piece.clear();
            for (int left = Math.min(PIECE_FLOATS, values.remaining()); left > 0; left--) {
                piece.putFloat(values.get());
            }
            piece.flip();
            while (piece.hasRemaining()) {
                data.write(piece);
            }
        }
    }

    /// The weights that both graphs need, by name.
    ///
    /// @throws IOException if a weight is missing, has another shape than the configuration says, or is not finite
    public static SortedMap<String, TensorData> weights(Checkpoint checkpoint) throws IOException {
        return DecoderWeights.of(checkpoint.config(), checkpoint.weights());
    }

    /// The weights that [#of(ModelConfig, Precision, Numbers)] needs, by name. They refer to the memory of the
    /// checkpoint and of the arena.
    ///
    /// @throws IOException as [#weights(Checkpoint)], or if a number is larger than fp16 has, in fp16
    public static SortedMap<String, Weight> weights(
            Checkpoint checkpoint, Precision precision, Numbers numbers, Arena arena) throws IOException {
        return DecoderWeights.of(checkpoint.config(), checkpoint.weights(), precision, numbers, arena);
    }

    /// Name of the output of the head: [#LOGITS], or [#SCORES] for a scalar head.
    public static String output(ModelConfig config) {
        return config.scalarHead() ? SCORES : LOGITS;
    }

    /// Name of a cache input.
    public static String past(Cache part, int layer) {
        return "past." + layer + "." + part.label;
    }

    /// Name of a cache output.
    public static String present(Cache part, int layer) {
        return "present." + layer + "." + part.label;
    }

    /// The two halves of the cache of a layer.
    public enum Cache {
        KEY("key"),
        VALUE("value");

        private final String label;

        Cache(String label) {
            this.label = label;
        }
    }

    private byte[] write() {
        declareInputs();
        declareWeights();
        String x = op("Gather", "embedded", EMBEDDING, TOKENS); // (B,T,C)
        String normed = norm("normed.0", x, DecoderWeights.inputNorm(0));
        for (int layer = 0; layer < config.layers(); layer++) {
            String attended = attention(layer, normed);
            var afterAttention = addAndNorm("middle." + layer, x, attended, DecoderWeights.middleNorm(layer));
            String mixed = feedForward(layer, afterAttention.normed);
            if (layer + 1 < config.layers()) {
                var next = addAndNorm("end." + layer, afterAttention.sum, mixed, DecoderWeights.inputNorm(layer + 1));
                x = next.sum;
                normed = next.normed;
            } else {
                x = op("Add", "end." + layer, afterAttention.sum, mixed);
            }
        }
        head(x);
        return out.model(OPSET, MICROSOFT);
    }

    private void declareInputs() {
        out.input(TOKENS, Element.INT64, new Axis.Free("B"), new Axis.Free("T"));
        out.input(LAST_POSITIONS, Element.INT32, new Axis.Free("B"));
        out.input(SPAN, Element.INT32);
        out.input(ROWS, Element.INT64, new Axis.Free("N"));
        if (cached) {
            Axis[] shape = {
                new Axis.Free("B"),
                new Axis.Fixed(config.kvHeads()),
                new Axis.Free("P"),
                new Axis.Fixed(config.headWidth())
            };
            for (int layer = 0; layer < config.layers(); layer++) {
                for (Cache part : Cache.values()) {
                    out.input(past(part, layer), numbers.type(), shape);
                    out.output(present(part, layer), numbers.type(), shape);
                }
            }
        }
    }

    private void declareWeights() {
        long offset = 0;
        for (Map.Entry<String, long[]> weight : DecoderWeights.shapes(config).entrySet()) {
            String name = weight.getKey();
            if (precision.isCoded() && DecoderWeights.isMultiplied(name)) {
                declareBlocks(name, weight.getValue());
            } else if (location.isEmpty()) {
                out.external(name, numbers.type(), weight.getValue());
            } else {
                long length = Float.BYTES * Arrays.stream(weight.getValue()).reduce(1, Math::multiplyExact);
                out.external(name, location, offset, length, weight.getValue());
                offset += length;
            }
        }
        if (precision.isCoded() && config.tied()) {
            declareBlocks(HEAD, new long[] {config.vocabulary(), config.width()});
        }
        out.constant("by_position", -1, config.width());
        if (config.qkNorm()) {
            out.constant("by_head", 0, 0, -1, config.headWidth());
            out.constant("heads_joined", 0, 0, -1);
        }
    }

    private void declareBlocks(String name, long[] shape) {
        int bits = precision.bitsOf(name);
        int size = Blocks.size(bits, shape[1]);
        long blocks = Math.ceilDiv(shape[1], size);
        out.external(DecoderWeights.codes(name), Element.UINT8, shape[0], blocks, size * bits / 8);
        out.external(DecoderWeights.scales(name), numbers.type(), shape[0], blocks);
    }

    private String attention(int layer, String normed) {
        String prefix = "attention." + layer;
        String query;
        String key = "";
        String value = "";
        if (config.qkNorm()) {
            // The norm must come before the rotation, so the three are projected apart.
            query = normEachHead(
                    prefix + ".q",
                    product(prefix + ".q", normed, DecoderWeights.query(layer)),
                    DecoderWeights.queryNorm(layer));
            key = normEachHead(
                    prefix + ".k",
                    product(prefix + ".k", normed, DecoderWeights.key(layer)),
                    DecoderWeights.keyNorm(layer));
            value = product(prefix + ".v", normed, DecoderWeights.value(layer));
        } else {
            query = product(prefix + ".qkv", normed, DecoderWeights.packed(layer));
        }
        String attended = prefix + ".mixed";
        out.node(
                MICROSOFT,
                "GroupQueryAttention",
                List.of(
                        query,
                        key,
                        value,
                        cached ? past(Cache.KEY, layer) : "",
                        cached ? past(Cache.VALUE, layer) : "",
                        LAST_POSITIONS,
                        SPAN,
                        COS,
                        SIN),
                List.of(attended, present(Cache.KEY, layer), present(Cache.VALUE, layer)),
                new Attribute.Whole("num_heads", config.heads()),
                new Attribute.Whole("kv_num_heads", config.kvHeads()),
                new Attribute.Real("scale", 1), // the queries have been scaled
                new Attribute.Whole("do_rotary", 1),
                new Attribute.Whole("rotary_interleaved", 0));
        return product(prefix + ".out", attended, DecoderWeights.attentionOut(layer)); // (B,T,C)
    }

    private String normEachHead(String name, String x, String weight) {
        String apart = op("Reshape", name + ".apart", x, "by_head"); // (B,T,H,D)
        return op("Reshape", name + ".joined", norm(name + ".normed", apart, weight), "heads_joined"); // (B,T,H·D)
    }

    private String feedForward(int layer, String normed) {
        String prefix = "mlp." + layer;
        String gate = product(prefix + ".gate", normed, DecoderWeights.gate(layer)); // (B,T,F)
        String up = product(prefix + ".up", normed, DecoderWeights.up(layer)); // (B,T,F)
        String open = prefix + ".silu";
        out.node(MICROSOFT, "QuickGelu", List.of(gate), List.of(open), new Attribute.Real("alpha", 1)); // x · σ(x)
        String hidden = op("Mul", prefix + ".hidden", open, up);
        return product(prefix + ".down", hidden, DecoderWeights.down(layer)); // (B,T,C)
    }

    private void head(String x) {
        String flat = op("Reshape", "positions", x, "by_position"); // (B·T,C)
        String picked = norm("final", op("Gather", "picked", flat, ROWS), FINAL_NORM); // (N,C)
        String output = output(config);
        String weight = config.tied() && !precision.isCoded() ? EMBEDDING : HEAD;
        String last = product(
                numbers == Numbers.FP32 ? output : output + ".narrow",
                picked,
                config.scalarHead() ? SCORE_HEAD : weight);
        if (numbers != Numbers.FP32) {
            out.node(ONNX, "Cast", List.of(last), List.of(output), new Attribute.Whole("to", Element.FLOAT.number()));
        }
        out.output(
                output,
                Element.FLOAT,
                new Axis.Free("N"),
                new Axis.Fixed(config.scalarHead() ? 1 : config.vocabulary()));
    }

    private record Added(String sum, String normed) {}

    private Added addAndNorm(String name, String x, String y, String weight) {
        var added = new Added(name + ".sum", name + ".normed");
        out.node(
                MICROSOFT,
                "SkipSimplifiedLayerNormalization",
                List.of(x, y, weight),
                List.of(added.normed, "", "", added.sum),
                epsilon());
        return added;
    }

    private String norm(String name, String x, String weight) {
        out.node(
                ONNX,
                "SimplifiedLayerNormalization",
                List.of(x, weight),
                List.of(name),
                new Attribute.Whole("axis", -1),
                epsilon(),
                new Attribute.Whole("stash_type", 1));
        return name;
    }

    private Attribute epsilon() {
        return new Attribute.Real("epsilon", (float) config.normEpsilon());
    }

    /// `x · weightᵀ`: weights lie as in the file, rows are outputs, so nothing is transposed in memory.
    private String product(String name, String x, String weight) {
        if (!precision.isCoded()) {
            out.node(MICROSOFT, "FusedMatMul", List.of(x, weight), List.of(name), new Attribute.Whole("transB", 1));
        } else {
            long[] shape = weight.equals(HEAD)
                    ? new long[] {config.vocabulary(), config.width()}
                    : Objects.requireNonNull(DecoderWeights.shapes(config).get(weight), weight);
            out.node(
                    MICROSOFT,
                    "MatMulNBits",
                    List.of(x, DecoderWeights.codes(weight), DecoderWeights.scales(weight)),
                    List.of(name),
                    new Attribute.Whole("N", shape[0]),
                    new Attribute.Whole("K", shape[1]),
                    new Attribute.Whole("bits", precision.bitsOf(weight)),
                    new Attribute.Whole("block_size", Blocks.size(precision.bitsOf(weight), shape[1])),
                    new Attribute.Whole("accuracy_level", WHOLE_NUMBERS));
        }
        return name;
    }

    private String op(String op, String name, String left, String right) {
        out.node(ONNX, op, List.of(left, right), List.of(name));
        return name;
    }
}
