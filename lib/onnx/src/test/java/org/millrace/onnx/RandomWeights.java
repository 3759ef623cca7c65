package org.millrace.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.checkpoint.Safetensors;
import org.millrace.checkpoint.TensorData;

/// Weights of a model that knows nothing, under Hugging Face's names. Large enough that a wrong rotation or
/// a forgotten norm shows in the logits.
final class RandomWeights {

    private final SortedMap<String, TensorData> tensors = new TreeMap<>();
    private final SplittableRandom random;

    private RandomWeights(long seed) {
        random = new SplittableRandom(seed);
    }

    static SortedMap<String, TensorData> of(ModelConfig c, long seed) {
        var weights = new RandomWeights(seed);
        weights.matrix("model.embed_tokens.weight", c.vocabulary(), c.width());
        weights.norm("model.norm.weight", c.width());
        if (c.scalarHead()) {
            weights.matrix("score.weight", 1, c.width());
        } else if (!c.tied()) {
            weights.matrix("lm_head.weight", c.vocabulary(), c.width());
        }
        for (int layer = 0; layer < c.layers(); layer++) {
            String block = "model.layers." + layer + ".";
            weights.norm(block + "input_layernorm.weight", c.width());
            weights.norm(block + "post_attention_layernorm.weight", c.width());
            weights.matrix(block + "self_attn.q_proj.weight", c.heads() * c.headWidth(), c.width());
            weights.matrix(block + "self_attn.k_proj.weight", c.kvHeads() * c.headWidth(), c.width());
            weights.matrix(block + "self_attn.v_proj.weight", c.kvHeads() * c.headWidth(), c.width());
            weights.matrix(block + "self_attn.o_proj.weight", c.width(), c.heads() * c.headWidth());
            weights.matrix(block + "mlp.gate_proj.weight", c.hidden(), c.width());
            weights.matrix(block + "mlp.up_proj.weight", c.hidden(), c.width());
            weights.matrix(block + "mlp.down_proj.weight", c.width(), c.hidden());
            if (c.qkNorm()) {
                weights.norm(block + "self_attn.q_norm.weight", c.headWidth());
                weights.norm(block + "self_attn.k_norm.weight", c.headWidth());
            }
        }
        return weights.tensors;
    }

    static Safetensors file(Path directory, SortedMap<String, TensorData> tensors) throws IOException {
        Path file = directory.resolve("model.safetensors");
        Safetensors.write(file, tensors, Map.of());
        return Safetensors.open(file);
    }

    private void matrix(String name, int rows, int columns) {
        fill(name, 0, 1 / Math.sqrt(columns), rows, columns);
    }

    private void norm(String name, int width) {
        fill(name, 1, 0.3, width);
    }

    private void fill(String name, double mean, double deviation, long... shape) {
        int count = 1;
        for (long size : shape) {
            count = Math.toIntExact(count * size);
        }
        FloatBuffer values = ByteBuffer.allocateDirect(count * Float.BYTES)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
        for (int i = 0; i < count; i++) {
            values.put((float) (mean + deviation * random.nextGaussian()));
        }
        tensors.put(name, new TensorData(shape, values.flip()));
    }
}
