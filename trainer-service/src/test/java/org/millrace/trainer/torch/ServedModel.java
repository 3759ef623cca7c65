package org.millrace.trainer.torch;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.checkpoint.TensorData;
import org.millrace.onnx.AttentionKernel;
import org.millrace.onnx.DecoderGraph;
import org.millrace.onnx.Telemetry;

/// A checkpoint as the other services run it: a [DecoderGraph] in ONNX Runtime on the mapped
/// weights. With logits it has a cache of keys and values, written in place, as inference-service
/// has; with a scalar head it has none and takes whole texts, as in reward-service.
final class ServedModel implements AutoCloseable {

    static {
        Telemetry.off();
    }

    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final Checkpoint checkpoint;
    private final ModelConfig config;
    private final int rows;
    private final Map<String, OnnxTensorLike> weights = new HashMap<>();
    private final Map<String, FloatBuffer> cache = new HashMap<>();
    private final OrtSession session;

    /// @param rows of the cache
    ServedModel(Path directory, int rows) throws IOException, OrtException {
        checkpoint = Checkpoint.open(directory);
        config = checkpoint.config();
        this.rows = rows;
        for (Map.Entry<String, TensorData> weight :
                DecoderGraph.weights(checkpoint).entrySet()) {
            TensorData data = weight.getValue();
            weights.put(weight.getKey(), OnnxTensor.createTensor(environment, data.values(), data.shape()));
        }
        byte[] graph = config.scalarHead() ? DecoderGraph.withoutCache(config) : DecoderGraph.of(config);
        try (var options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.addExternalInitializers(weights);
            AttentionKernel attention = config.scalarHead() ? AttentionKernel.TILES : AttentionKernel.PRODUCTS;
            session = attention.make(() -> environment.createSession(graph, options));
        }
        if (!config.scalarHead()) {
            for (int layer = 0; layer < config.layers(); layer++) {
                for (DecoderGraph.Cache part : DecoderGraph.Cache.values()) {
                    cache.put(
                            DecoderGraph.past(part, layer),
                            bytes(rows * rowFloats() * Float.BYTES).asFloatBuffer());
                }
            }
        }
    }

    ModelConfig config() {
        return config;
    }

    /// Reads prompts into the rows from 0 on, all in one run.
    ///
    /// @return logits by row and position of its prompt
    float[][][] read(List<int[]> prompts) throws OrtException {
        return run(0, new int[prompts.size()], prompts);
    }

    /// Gives every row its next token.
    ///
    /// @param before tokens that a row holds
    /// @return logits of each row's next token
    float[][] step(int[] tokens, int[] before) throws OrtException {
        List<int[]> next = Arrays.stream(tokens).mapToObj(id -> new int[] {id}).toList();
        float[][] logits = new float[tokens.length][];
        float[][][] all = run(0, before, next);
        for (int b = 0; b < logits.length; b++) {
            logits[b] = all[b][0];
        }
        return logits;
    }

    /// Adds several tokens to one row, as scoring does piece by piece.
    float[][] extend(int row, int before, int[] tokens) throws OrtException {
        return run(row, new int[] {before}, List.of(tokens))[0];
    }

    /// Raw scores at the last token of each text, all in one run.
    float[] scores(List<int[]> texts) throws OrtException {
        float[][][] all = run(0, new int[texts.size()], texts);
        float[] scores = new float[all.length];
        for (int b = 0; b < scores.length; b++) {
            scores[b] = all[b][texts.get(b).length - 1][0];
        }
        return scores;
    }

    /// The head's output at every new position of `news.size()` rows, of which the cache's `first`
    /// is the first.
    private float[][][] run(int first, int[] before, List<int[]> news) throws OrtException {
        int B = news.size();
        int T = news.stream().mapToInt(row -> row.length).max().orElseThrow();
        int N = news.stream().mapToInt(row -> row.length).sum();
        LongBuffer tokens = bytes(B * T * Long.BYTES).asLongBuffer(); // (B,T)
        IntBuffer lastPositions = bytes(B * Integer.BYTES).asIntBuffer(); // (B)
        LongBuffer wanted = bytes(N * Long.BYTES).asLongBuffer(); // (N)
        int span = 0;
        for (int b = 0; b < B; b++) {
            int[] row = news.get(b);
            for (int t = 0; t < row.length; t++) {
                tokens.put(b * T + t, row[t]);
                wanted.put((long) b * T + t);
            }
            lastPositions.put(b, before[b] + row.length - 1);
            span = Math.max(span, before[b] + row.length);
        }
        Map<String, OnnxTensor> inputs = new HashMap<>();
        Map<String, OnnxValue> pinned = new HashMap<>();
        try {
            inputs.put(DecoderGraph.TOKENS, OnnxTensor.createTensor(environment, tokens, new long[] {B, T}));
            inputs.put(
                    DecoderGraph.LAST_POSITIONS, OnnxTensor.createTensor(environment, lastPositions, new long[] {B}));
            inputs.put(
                    DecoderGraph.SPAN,
                    OnnxTensor.createTensor(environment, bytes(4).asIntBuffer().put(0, span), new long[0]));
            inputs.put(DecoderGraph.ROWS, OnnxTensor.createTensor(environment, wanted.flip(), new long[] {N}));
            bindCache(first, B, inputs, pinned);
            String head = DecoderGraph.output(config);
            try (OrtSession.Result result = session.run(inputs, Set.of(head), pinned)) {
                float[][] flat = (float[][]) result.get(head).orElseThrow().getValue();
                float[][][] apart = new float[B][][];
                int next = 0;
                for (int b = 0; b < B; b++) {
                    int length = news.get(b).length;
                    apart[b] = Arrays.copyOfRange(flat, next, next + length);
                    next += length;
                }
                return apart;
            }
        } finally {
            inputs.values().forEach(OnnxTensor::close); // the pinned ones are among them
        }
    }

    private void bindCache(int first, int count, Map<String, OnnxTensor> inputs, Map<String, OnnxValue> pinned)
            throws OrtException {
        if (cache.isEmpty()) {
            return;
        }
        if (first + count > rows) {
            throw new IllegalArgumentException("rows: expected at most %d, got %d".formatted(rows, first + count));
        }
        long[] shape = {count, config.kvHeads(), config.context(), config.headWidth()};
        for (int layer = 0; layer < config.layers(); layer++) {
            for (DecoderGraph.Cache part : DecoderGraph.Cache.values()) {
                String past = DecoderGraph.past(part, layer);
                FloatBuffer block = cache.get(past);
                if (block == null) {
                    throw new IllegalStateException("no cache " + past);
                }
                OnnxTensor view = OnnxTensor.createTensor(
                        environment, block.slice(first * rowFloats(), count * rowFloats()), shape);
                inputs.put(past, view);
                pinned.put(DecoderGraph.present(part, layer), view);
            }
        }
    }

    private int rowFloats() {
        return config.kvHeads() * config.context() * config.headWidth();
    }

    private static ByteBuffer bytes(int count) {
        return ByteBuffer.allocateDirect(count).order(ByteOrder.nativeOrder());
    }

    @Override
    public void close() throws OrtException {
        session.close();
        weights.values().forEach(OnnxTensorLike::close);
        checkpoint.close();
    }
}
