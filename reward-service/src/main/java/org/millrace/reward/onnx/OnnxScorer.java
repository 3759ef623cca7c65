package org.millrace.reward.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.HashMap;
import java.util.Map;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.checkpoint.TensorData;
import org.millrace.onnx.DecoderGraph;
import org.millrace.onnx.Telemetry;
import org.millrace.reward.Scorer;

/// Runs the scalar head of a [DecoderGraph] over whole texts, on the CPU, without a cache. The weights are
/// the mapped file; shorter rows are padded on the right, and read at their own last token.
public final class OnnxScorer implements Scorer {

    static {
        Telemetry.off();
    }

    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final Checkpoint checkpoint;
    private final Map<String, OnnxTensorLike> weights = new HashMap<>();
    private final OrtSession session;

    private OnnxScorer(Checkpoint checkpoint, int threads) throws IOException, OrtException {
        this.checkpoint = checkpoint;
        try {
            for (Map.Entry<String, TensorData> weight :
                    DecoderGraph.weights(checkpoint).entrySet()) {
                TensorData data = weight.getValue();
                weights.put(weight.getKey(), OnnxTensor.createTensor(environment, data.values(), data.shape()));
            }
            try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
                options.setIntraOpNumThreads(threads);
                // Idle threads must not burn the cores that other services use.
                options.addConfigEntry("session.intra_op.allow_spinning", "0");
                // Plans are kept for each shape, and every batch has another.
                options.setMemoryPatternOptimization(false);
                options.addExternalInitializers(weights);
                session = environment.createSession(DecoderGraph.withoutCache(checkpoint.config()), options);
            }
        } catch (IOException | OrtException | RuntimeException e) {
            weights.values().forEach(OnnxTensorLike::close);
            throw e;
        }
    }

    /// @param threads cores of one run; 0 means all
    public static Factory factory(int threads) {
        return checkpoint -> {
            try {
                return new OnnxScorer(checkpoint, threads);
            } catch (OrtException e) {
                throw new IOException("ONNX Runtime does not take the model: " + e.getMessage(), e);
            }
        };
    }

    @Override
    public float[] score(int[][] sequences) {
        int rows = sequences.length;
        int longest = 0;
        for (int[] sequence : sequences) {
            longest = Math.max(longest, sequence.length);
        }
        LongBuffer tokens = direct(rows * longest * Long.BYTES).asLongBuffer(); // (B,T)
        IntBuffer lastPositions = direct(rows * Integer.BYTES).asIntBuffer(); // (B)
        LongBuffer wanted = direct(rows * Long.BYTES).asLongBuffer(); // (B)
        for (int b = 0; b < rows; b++) {
            int[] sequence = sequences[b];
            for (int t = 0; t < sequence.length; t++) {
                tokens.put(b * longest + t, sequence[t]);
            }
            lastPositions.put(b, sequence.length - 1);
            wanted.put(b, (long) b * longest + sequence.length - 1);
        }
        IntBuffer span = direct(Integer.BYTES).asIntBuffer().put(0, longest); // ()
        try (OnnxTensor tokensTensor = OnnxTensor.createTensor(environment, tokens, new long[] {rows, longest});
                OnnxTensor lastTensor = OnnxTensor.createTensor(environment, lastPositions, new long[] {rows});
                OnnxTensor spanTensor = OnnxTensor.createTensor(environment, span, new long[0]);
                OnnxTensor wantedTensor = OnnxTensor.createTensor(environment, wanted, new long[] {rows});
                OrtSession.Result result = session.run(Map.of(
                        DecoderGraph.TOKENS, tokensTensor,
                        DecoderGraph.LAST_POSITIONS, lastTensor,
                        DecoderGraph.SPAN, spanTensor,
                        DecoderGraph.ROWS, wantedTensor))) {
            FloatBuffer scores = ((OnnxTensor) result.get(0)).getFloatBuffer(); // (B,1)
            float[] copy = new float[rows];
            scores.get(copy);
            return copy;
        } catch (OrtException e) {
            throw new IllegalStateException("run over %d × %d tokens".formatted(rows, longest), e);
        }
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException("closing the session", e);
        } finally {
            weights.values().forEach(OnnxTensorLike::close);
            checkpoint.close();
        }
    }

    private static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }
}
