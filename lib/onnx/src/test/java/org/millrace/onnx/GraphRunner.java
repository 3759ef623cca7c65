package org.millrace.onnx;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.checkpoint.TensorData;

/// Runs a [DecoderGraph] in ONNX Runtime, with its cache if it has one.
final class GraphRunner implements AutoCloseable {

    static {
        Telemetry.off();
    }

    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final OrtSession session;
    private final ModelConfig config;
    private final Map<String, OnnxTensorLike> weights = new HashMap<>();
    private final Map<String, OnnxTensor> past = new HashMap<>();
    private final Map<String, OnnxValue> present = new HashMap<>();

    private GraphRunner(byte[] graph, ModelConfig config, SortedMap<String, Weight> weights, AttentionKernel attention)
            throws OrtException {
        this.config = config;
        for (var weight : weights.entrySet()) {
            this.weights.put(
                    weight.getKey(),
                    switch (weight.getValue()) {
                        case Weight.Real(long[] shape, FloatBuffer values) ->
                            OnnxTensor.createTensor(environment, values, shape);
                        case Weight.Half(long[] shape, ShortBuffer values) ->
                            OnnxTensor.createTensor(environment, values, shape, OnnxJavaType.FLOAT16);
                        case Weight.Bytes(long[] shape, ByteBuffer values) ->
                            OnnxTensor.createTensor(environment, values, shape, OnnxJavaType.UINT8);
                    });
        }
        try (var options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.addExternalInitializers(this.weights);
            session = attention.make(() -> environment.createSession(graph, options));
        }
    }

    static GraphRunner withoutCache(ModelConfig config, SortedMap<String, TensorData> weights) throws OrtException {
        return new GraphRunner(DecoderGraph.withoutCache(config), config, reals(weights), AttentionKernel.TILES);
    }

    static GraphRunner withCache(
            ModelConfig config, SortedMap<String, TensorData> weights, int rows, AttentionKernel attention)
            throws OrtException {
        return withCache(DecoderGraph.of(config), config, reals(weights), rows, attention, Numbers.FP32);
    }

    private static SortedMap<String, Weight> reals(SortedMap<String, TensorData> weights) {
        SortedMap<String, Weight> reals = new TreeMap<>();
        weights.forEach((name, tensor) -> reals.put(name, new Weight.Real(tensor.shape(), tensor.values())));
        return reals;
    }

    static GraphRunner withCache(
            byte[] graph,
            ModelConfig config,
            SortedMap<String, Weight> weights,
            int rows,
            AttentionKernel attention,
            Numbers numbers)
            throws OrtException {
        var runner = new GraphRunner(graph, config, weights, attention);
        long[] shape = {rows, config.kvHeads(), config.context(), config.headWidth()};
        for (int layer = 0; layer < config.layers(); layer++) {
            for (DecoderGraph.Cache part : DecoderGraph.Cache.values()) {
                ByteBuffer memory =
                        bytes(rows * config.kvHeads() * config.context() * config.headWidth() * numbers.bytes());
                OnnxJavaType type = numbers == Numbers.FP32 ? OnnxJavaType.FLOAT : OnnxJavaType.FLOAT16;
                OnnxTensor tensor = OnnxTensor.createTensor(runner.environment, memory, shape, type);
                runner.past.put(DecoderGraph.past(part, layer), tensor);
                runner.present.put(DecoderGraph.present(part, layer), tensor);
            }
        }
        return runner;
    }

    /// Feeds each row its new tokens, after `before` tokens it has already; gives the head's output at the
    /// last new token of each row.
    float[][] last(int[] before, int[][] tokens) throws OrtException {
        int longest = 0;
        for (int[] row : tokens) {
            longest = Math.max(longest, row.length);
        }
        long[] rows = new long[tokens.length];
        for (int b = 0; b < rows.length; b++) {
            rows[b] = (long) b * longest + tokens[b].length - 1;
        }
        return run(before, tokens, rows);
    }

    float[][] run(int[] before, int[][] tokens, long... rows) throws OrtException {
        int longest = 0;
        int span = 0;
        for (int b = 0; b < tokens.length; b++) {
            longest = Math.max(longest, tokens[b].length);
            span = Math.max(span, before[b] + tokens[b].length);
        }
        LongBuffer ids = bytes(tokens.length * longest * Long.BYTES).asLongBuffer();
        IntBuffer lastPositions = bytes(tokens.length * Integer.BYTES).asIntBuffer();
        for (int b = 0; b < tokens.length; b++) {
            for (int t = 0; t < tokens[b].length; t++) {
                ids.put(b * longest + t, tokens[b][t]);
            }
            lastPositions.put(b, before[b] + tokens[b].length - 1);
        }
        try (OnnxTensor idTensor = OnnxTensor.createTensor(environment, ids, new long[] {tokens.length, longest});
                OnnxTensor lastTensor =
                        OnnxTensor.createTensor(environment, lastPositions, new long[] {tokens.length});
                OnnxTensor spanTensor = OnnxTensor.createTensor(
                        environment, bytes(4).asIntBuffer().put(0, span), new long[] {});
                OnnxTensor rowTensor =
                        OnnxTensor.createTensor(environment, LongBuffer.wrap(rows), new long[] {rows.length})) {
            Map<String, OnnxTensor> inputs = new HashMap<>(past);
            inputs.put(DecoderGraph.TOKENS, idTensor);
            inputs.put(DecoderGraph.LAST_POSITIONS, lastTensor);
            inputs.put(DecoderGraph.SPAN, spanTensor);
            inputs.put(DecoderGraph.ROWS, rowTensor);
            try (OrtSession.Result result = session.run(inputs, Set.of(DecoderGraph.output(config)), present)) {
                return (float[][])
                        result.get(DecoderGraph.output(config)).orElseThrow().getValue();
            }
        }
    }

    @Override
    public void close() throws OrtException {
        session.close();
        weights.values().forEach(OnnxTensorLike::close);
        past.values().forEach(OnnxTensor::close);
    }

    private static ByteBuffer bytes(int count) {
        return ByteBuffer.allocateDirect(count).order(ByteOrder.nativeOrder());
    }
}
