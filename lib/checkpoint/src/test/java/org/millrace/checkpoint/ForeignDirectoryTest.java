package org.millrace.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Directories without a manifest, as others write them.
class ForeignDirectoryTest {

    private static final ModelConfig TIED = SampleCheckpoint.LLAMA;
    private static final String INDEX = "model.safetensors.index.json";
    private static final String SINGLE = "model.safetensors";

    @TempDir
    Path temp;

    private Path foreign(ModelConfig config, SortedMap<String, TensorData> weights, WeightLayout layout)
            throws IOException {
        Path dir = temp.resolve("model");
        Checkpoint.write(dir, config, weights, layout, SampleCheckpoint.tokenizer(temp.resolve("tok")), Map.of());
        Files.delete(dir.resolve("manifest.json"));
        return dir;
    }

    private Path sharded(ModelConfig config) throws IOException {
        return foreign(config, SampleCheckpoint.weights(config, 1), new WeightLayout(NumberType.F32, 600));
    }

    private static Path shard(Path dir, int number) throws IOException {
        String start = "model-%05d-of-".formatted(number);
        try (Stream<Path> files = Files.list(dir)) {
            return files.filter(file -> file.getFileName().toString().startsWith(start))
                    .findAny()
                    .orElseThrow();
        }
    }

    private static TensorData tensor(SortedMap<String, TensorData> weights, String name) {
        return Objects.requireNonNull(weights.get(name), name);
    }

    private static void refused(Path dir, String... told) {
        assertThatThrownBy(() -> Checkpoint.openForeign(dir).close())
                .isInstanceOf(CheckpointCorrupt.class)
                .hasMessageContainingAll(told);
    }

    private static void edit(Path file, java.util.function.Consumer<ObjectNode> change) throws IOException {
        ObjectNode json = (ObjectNode) Json.STRICT.readTree(file.toFile());
        change.accept(json);
        Files.write(file, Json.PRETTY.writeValueAsBytes(json));
    }

    @ParameterizedTest
    @EnumSource
    void everyTypeAndShardingComesBack(NumberType type) throws IOException {
        for (ModelConfig config : new ModelConfig[] {TIED, SampleCheckpoint.QWEN3}) {
            for (long shard : new long[] {300, 1 << 20}) {
                SortedMap<String, TensorData> weights = SampleCheckpoint.weights(config, 3);
                Path dir = foreign(config, weights, new WeightLayout(type, shard));

                assertThat(Files.exists(dir.resolve(INDEX))).isEqualTo(shard == 300);
                try (Checkpoint read = Checkpoint.openForeign(dir)) {
                    assertThat(read.config()).isEqualTo(config);
                    weights.forEach((name, tensor) -> {
                        FloatBuffer found = read.weights().floats(name);
                        for (int i = 0; i < found.limit(); i++) {
                            assertThat(found.get(i))
                                    .isEqualTo(narrowed(type, tensor.values().get(i)));
                        }
                    });
                }
                Path again = temp.resolve("again"); // what was read can be written, and is then a checkpoint
                try (Checkpoint read = Checkpoint.openForeign(dir)) {
                    Checkpoint.write(again, config, read.weights().tensors(), dir, Map.of("from", "elsewhere"));
                }
                Checkpoint.open(again).close();
                remove(again);
                remove(dir);
            }
        }
    }

    /// The nearest of two neighbours, found without the code under test.
    private static float narrowed(NumberType type, float value) {
        return switch (type) {
            case F32 -> value;
            case F16 -> Float.float16ToFloat(Float.floatToFloat16(value));
            case BF16 -> {
                float below = Float.intBitsToFloat(Float.floatToRawIntBits(value) & 0xFFFF_0000);
                float above = Float.intBitsToFloat((Float.floatToRawIntBits(value) & 0xFFFF_0000) + 0x1_0000);
                yield Math.abs((double) value - below) <= Math.abs((double) above - value) ? below : above;
            }
        };
    }

    private static void remove(Path dir) throws IOException {
        try (var files = Files.list(dir)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(dir);
    }

    @Test
    void aShardedCheckpointIsVerifiedFileByFile() throws IOException {
        Path dir = temp.resolve("own");
        Checkpoint.write(
                dir,
                TIED,
                SampleCheckpoint.weights(TIED, 1),
                new WeightLayout(NumberType.BF16, 300),
                SampleCheckpoint.tokenizer(temp.resolve("tok")),
                Map.of());
        Checkpoint.open(dir).close();
        Path shard = shard(dir, 2);
        byte[] bytes = Files.readAllBytes(shard);
        bytes[bytes.length - 1] ^= 1;
        Files.write(shard, bytes);

        assertThatThrownBy(() -> Checkpoint.open(dir).close())
                .isInstanceOf(CheckpointCorrupt.class)
                .hasMessageContaining("model-00002-of-");
    }

    @Test
    void aNumberBeyondTheTypeIsNotWrittenAsInfinity() {
        SortedMap<String, TensorData> weights = SampleCheckpoint.weights(TIED, 1);
        tensor(weights, "model.norm.weight").values().put(2, 65_520);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> foreign(TIED, weights, new WeightLayout(NumberType.F16, 1 << 20)))
                .withMessageContaining("model.norm.weight")
                .withMessageContaining("65520");
    }

    @ParameterizedTest
    @CsvSource({"NaN", "Infinity", "-Infinity"})
    void aWeightThatIsNotFiniteIsNamed(float bad) throws IOException {
        SortedMap<String, TensorData> weights = SampleCheckpoint.weights(TIED, 1);
        tensor(weights, "model.layers.1.mlp.up_proj.weight").values().put(5, bad);

        refused(
                foreign(TIED, weights, WeightLayout.STANDARD),
                "tensor \"model.layers.1.mlp.up_proj.weight\": expected finite numbers",
                "at 5");
    }

    /// transformers writes a tied head where somebody asked it to, and does not read it.
    @Test
    void aTiedHeadIsPassedOverIfItIsTheEmbedding() throws IOException {
        Path dir = foreign(TIED, SampleCheckpoint.weights(TIED, 1), WeightLayout.STANDARD);
        SortedMap<String, TensorSource> weights = new TreeMap<>(SampleCheckpoint.weights(TIED, 1));
        weights.put("lm_head.weight", Objects.requireNonNull(weights.get("model.embed_tokens.weight")));
        Files.delete(dir.resolve(SINGLE));
        Safetensors.write(dir.resolve(SINGLE), weights, Map.of());
        Checkpoint.openForeign(dir).close();

        weights.put("lm_head.weight", tensor(SampleCheckpoint.weights(TIED, 2), "model.embed_tokens.weight"));
        Files.delete(dir.resolve(SINGLE));
        Safetensors.write(dir.resolve(SINGLE), weights, Map.of());
        refused(dir, "lm_head.weight", "not one of this architecture");
    }

    @Test
    void aMissingOrSuperfluousTensorIsNamed() throws IOException {
        SortedMap<String, TensorData> weights = SampleCheckpoint.weights(TIED, 1);
        Path dir = foreign(TIED, weights, WeightLayout.STANDARD);
        TensorData norm = Objects.requireNonNull(weights.remove("model.norm.weight"));
        Files.delete(dir.resolve(SINGLE));
        Safetensors.write(dir.resolve(SINGLE), weights, Map.of());
        refused(dir, "tensor \"model.norm.weight\": missing");

        weights.put("model.norm.weight", norm);
        weights.put("model.norm.bias", norm);
        Files.delete(dir.resolve(SINGLE));
        Safetensors.write(dir.resolve(SINGLE), weights, Map.of());
        refused(dir, "tensor \"model.norm.bias\": not one of this architecture");
    }

    @Test
    void anIndexThatLiesIsRefused() throws IOException {
        Path dir = sharded(TIED);
        String second = shard(dir, 2).getFileName().toString();
        byte[] honest = Files.readAllBytes(dir.resolve(INDEX));
        Files.write(temp.resolve("evil.safetensors"), Files.readAllBytes(shard(dir, 1)));
        for (String path : new String[] {
            "../evil.safetensors",
            "/etc/passwd",
            "..\\\\evil.safetensors",
            "a/b.safetensors",
            "",
            ".safetensors",
            "config.json"
        }) {
            edit(dir.resolve(INDEX), json -> ((ObjectNode) json.path("weight_map")).put("model.norm.weight", path));
            refused(dir, "tensor \"model.norm.weight\"", "of this directory");
            Files.write(dir.resolve(INDEX), honest);
        }
        edit(dir.resolve(INDEX), json -> ((ObjectNode) json.path("weight_map"))
                .put("more", "model-00099-of-00001.safetensors"));
        refused(dir, "model-00099-of-00001.safetensors", "missing");
        Files.write(dir.resolve(INDEX), honest);

        edit(dir.resolve(INDEX), json -> ((ObjectNode) json.path("weight_map"))
                .put("model.embed_tokens.weight", second));
        refused(dir, "tensor \"model.embed_tokens.weight\"");
        Files.write(dir.resolve(INDEX), honest);

        edit(dir.resolve(INDEX), json -> ((ObjectNode) json.path("weight_map")).remove("model.norm.weight"));
        refused(dir, "tensor \"model.norm.weight\": expected in no file");
        Files.write(dir.resolve(INDEX), honest);

        edit(dir.resolve(INDEX), json -> ((ObjectNode) json.path("weight_map")).put("more", second));
        refused(dir, "tensor \"more\"", "is not there");

        String twice = new String(honest, java.nio.charset.StandardCharsets.UTF_8)
                .replaceFirst("\"model.norm.weight\"", "\"model.norm.weight\": \"x\", \"model.norm.weight\"");
        Files.writeString(dir.resolve(INDEX), twice);
        refused(dir, INDEX);
        Files.write(dir.resolve(INDEX), honest);

        Files.createFile(dir.resolve(SINGLE));
        refused(dir, "which of them counts?");
    }

    @ParameterizedTest
    @CsvSource({
        "rope_theta, '\"1e6\"'",
        "rms_norm_eps, -1",
        "tie_word_embeddings, 1",
        "hidden_size, 2147483648",
        "head_dim, 3",
        "model_type, '\"qwen3\"'",
        "quantization_config, '{\"quant_method\": \"fp8\"}'",
        "layer_types, '[\"sliding_attention\"]'",
        "rope_parameters, '{\"rope_type\": \"yarn\", \"factor\": 2}'",
        "partial_rotary_factor, 0.5",
    })
    void aFieldThatIsNotUnderstoodIsNamed(String key, String value) throws IOException {
        Path dir = foreign(TIED, SampleCheckpoint.weights(TIED, 1), WeightLayout.STANDARD);
        var node = Json.STRICT.readTree(value);
        edit(dir.resolve("config.json"), json -> json.set(key, node));

        // ModelConfig speaks of its own names
        String told =
                Map.of("rms_norm_eps", "normEpsilon", "head_dim", "headWidth").getOrDefault(key, key);
        refused(dir, "config.json", told);
    }

    /// Llama and Qwen3 have other defaults for what their files leave out.
    @Test
    void whatIsLeftOutIsAsTransformersHasIt() throws IOException {
        Path file = temp.resolve("config.json");
        ObjectNode json = HuggingFace.config(SampleCheckpoint.QWEN3, NumberType.BF16);
        json.remove(java.util.List.of("head_dim", "rope_theta", "rms_norm_eps", "tie_word_embeddings"));
        json.putObject("rope_parameters").put("rope_theta", 5e5).put("rope_type", "default");
        Files.write(file, Json.PRETTY.writeValueAsBytes(json));

        ModelConfig read = HuggingFace.read(file);

        assertThat(read.headWidth()).isEqualTo(128);
        assertThat(read.ropeTheta()).isEqualTo(5e5);
        assertThat(read.normEpsilon()).isEqualTo(1e-6);
        assertThat(read.tied()).isFalse();
    }
}
