package org.millrace.cli.model;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.millrace.bpe.SplitPattern;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.checkpoint.NumberType;
import org.millrace.checkpoint.TensorData;
import org.millrace.checkpoint.WeightLayout;
import org.millrace.onnx.DecoderGraph;
import org.millrace.onnx.Telemetry;

/// A model as others publish it: random weights, a tokenizer like Qwen's.
public final class Foreign {

    static {
        Telemetry.off();
    }

    static final String TEMPLATE = "{% for m in messages %}{{ m.content }}<|im_end|>{% endfor %}";

    static final int TEXT_TOKENS = 259;
    static final int TOKENS = 261;
    static final int END_OF_TEXT = 259;
    static final int END_OF_TURN = 260;

    private static final ObjectMapper JSON = new ObjectMapper();

    private Foreign() {}

    /// @param vocabulary at least [#TOKENS]
    public static ModelConfig config(boolean qkNorm, boolean tied, int vocabulary) {
        return new ModelConfig(
                2, 32, 4, 2, 16, 48, vocabulary, 64, 1e6, 1e-6, qkNorm, tied, false, 0, 1, END_OF_TEXT, END_OF_TURN);
    }

    /// A model that answers, as its chat template says.
    static Path write(Path dir, ModelConfig config, NumberType type, long shardBytes) throws IOException {
        return write(dir, config, type, shardBytes, ", \"chat_template\": \"" + TEMPLATE + "\"");
    }

    /// A model that was never taught to answer.
    public static Path writeBase(Path dir, ModelConfig config, NumberType type, long shardBytes) throws IOException {
        return write(dir, config, type, shardBytes, "");
    }

    private static Path write(Path dir, ModelConfig config, NumberType type, long shardBytes, String more)
            throws IOException {
        Path tokenizer = Files.createDirectories(dir.resolveSibling("tokenizer-of-" + dir.getFileName()));
        Files.write(tokenizer.resolve("tokenizer.json"), JSON.writeValueAsBytes(tokenizer()));
        Files.writeString(
                tokenizer.resolve("tokenizer_config.json"),
                "{\"add_bos_token\": false, \"eos_token\": \"<|im_end|>\"" + more + "}");
        Checkpoint.write(dir, config, weights(config), new WeightLayout(type, shardBytes), tokenizer, Map.of());
        Files.delete(dir.resolve("manifest.json"));
        return dir;
    }

    static SortedMap<String, TensorData> weights(ModelConfig config) {
        Random random = new Random(7);
        SortedMap<String, TensorData> weights = new TreeMap<>();
        config.tensors().forEach((name, shape) -> {
            float[] values = new float
                    [IntStream.range(0, shape.length).map(i -> (int) shape[i]).reduce(1, (a, b) -> a * b)];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) ((name.endsWith("norm.weight") ? 1 : 0) + 0.3 * random.nextGaussian());
            }
            weights.put(name, new TensorData(shape, FloatBuffer.wrap(values)));
        });
        return weights;
    }

    private static ObjectNode tokenizer() {
        ObjectNode root = JSON.createObjectNode();
        ArrayNode added = root.putArray("added_tokens");
        added.addObject().put("id", END_OF_TEXT).put("content", "<|endoftext|>").put("special", true);
        added.addObject().put("id", END_OF_TURN).put("content", "<|im_end|>").put("special", true);
        root.putObject("normalizer").put("type", "NFC");
        ArrayNode steps =
                root.putObject("pre_tokenizer").put("type", "Sequence").putArray("pretokenizers");
        ObjectNode split = steps.addObject()
                .put("type", "Split")
                .put("behavior", "Isolated")
                .put("invert", false);
        split.putObject("pattern").put("Regex", SplitPattern.QWEN2.regex());
        steps.addObject()
                .put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("use_regex", false);
        root.putObject("decoder").put("type", "ByteLevel");
        ObjectNode model = root.putObject("model").put("type", "BPE");
        ObjectNode vocabulary = model.putObject("vocab");
        int id = 0;
        int beyond = 256;
        for (int b = 0; b < 256; b++) { // GPT-2's alphabet: printable bytes as they are, others above them
            boolean printable = b > 32 && b < 127 || b > 160 && b != 173;
            vocabulary.put(Character.toString(printable ? b : beyond++), id++);
        }
        vocabulary.put("he", 256).put("ll", 257).put("hell", 258);
        model.putArray("merges").add("h e").add("l l").add("he ll");
        return root;
    }

    /// Logits of every position of a text: (T, V), computed by the graph that inference serves.
    public static float[][] logits(Checkpoint model, int[] ids) throws IOException, OrtException {
        var environment = OrtEnvironment.getEnvironment();
        try (var options = new OrtSession.SessionOptions()) {
            Map<String, ai.onnxruntime.OnnxTensorLike> weights = new HashMap<>();
            for (var weight : DecoderGraph.weights(model).entrySet()) {
                weights.put(
                        weight.getKey(),
                        OnnxTensor.createTensor(
                                environment,
                                weight.getValue().values(),
                                weight.getValue().shape()));
            }
            options.addExternalInitializers(weights);
            try (OrtSession session = environment.createSession(DecoderGraph.withoutCache(model.config()), options)) {
                return logits(environment, session, ids);
            }
        }
    }

    /// A cache is empty and has room for the text.
    static float[][] logits(OrtEnvironment environment, OrtSession session, int[] ids) throws OrtException {
        int T = ids.length;
        Map<String, OnnxTensor> inputs = new HashMap<>();
        inputs.put(
                DecoderGraph.TOKENS,
                OnnxTensor.createTensor(
                        environment,
                        LongBuffer.wrap(IntStream.of(ids).asLongStream().toArray()),
                        new long[] {1, T}));
        inputs.put(
                DecoderGraph.LAST_POSITIONS,
                OnnxTensor.createTensor(environment, IntBuffer.wrap(new int[] {T - 1}), new long[] {1}));
        inputs.put(
                DecoderGraph.SPAN, OnnxTensor.createTensor(environment, IntBuffer.wrap(new int[] {T}), new long[] {}));
        inputs.put(
                DecoderGraph.ROWS,
                OnnxTensor.createTensor(
                        environment,
                        LongBuffer.wrap(IntStream.range(0, T).asLongStream().toArray()),
                        new long[] {T}));
        for (var input : session.getInputInfo().entrySet()) {
            if (input.getKey().startsWith("past.")) {
                long[] shape = ((TensorInfo) input.getValue().getInfo()).getShape(); // (B, K, P, D)
                inputs.put(
                        input.getKey(),
                        OnnxTensor.createTensor(
                                environment,
                                FloatBuffer.allocate((int) (shape[1] * T * shape[3])),
                                new long[] {1, shape[1], T, shape[3]}));
            }
        }
        try (OrtSession.Result result = session.run(inputs, Set.of(DecoderGraph.LOGITS))) {
            return (float[][]) result.get(DecoderGraph.LOGITS).orElseThrow().getValue();
        }
    }
}
