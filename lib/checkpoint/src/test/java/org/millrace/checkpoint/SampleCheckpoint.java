package org.millrace.checkpoint;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/// Small models with random weights, for tests.
final class SampleCheckpoint {

    static final ModelConfig LLAMA =
            new ModelConfig(2, 8, 4, 2, 2, 12, 11, 16, 10_000, 1e-5, false, true, false, 0, 1, 2, 6);
    static final ModelConfig QWEN3 =
            new ModelConfig(1, 8, 2, 1, 4, 12, 11, 16, 1_000_000, 1e-6, true, false, false, 0, 1, 2, 6);
    static final ModelConfig REWARD = LLAMA.withScalarHead().withReward(-0.25, 1.75);

    private SampleCheckpoint() {}

    static SortedMap<String, TensorData> weights(ModelConfig config, long seed) {
        Random random = new Random(seed);
        SortedMap<String, TensorData> weights = new TreeMap<>();
        config.tensors().forEach((name, shape) -> {
            int count = 1;
            for (long extent : shape) {
                count *= (int) extent;
            }
            float[] values = new float[count];
            for (int i = 0; i < count; i++) {
                values[i] = (float) random.nextGaussian();
            }
            weights.put(name, new TensorData(shape, FloatBuffer.wrap(values)));
        });
        return weights;
    }

    static Path tokenizer(Path dir) throws IOException {
        Files.createDirectories(dir);
        Files.writeString(dir.resolve("tokenizer.json"), "{\"model\": {}}");
        Files.writeString(dir.resolve("tokenizer_config.json"), "{\"chat_template\": \"{{ messages }}\"}");
        Files.writeString(dir.resolve("chat_template.jinja"), "{{ messages[0] }}");
        return dir;
    }

    static Path write(Path parent, ModelConfig config) throws IOException {
        Path dir = parent.resolve("model");
        Checkpoint.write(
                dir,
                config,
                weights(config, 1),
                tokenizer(parent.resolve("tokenizer")),
                Map.of("run", "r1", "step", "7"));
        return dir;
    }
}
