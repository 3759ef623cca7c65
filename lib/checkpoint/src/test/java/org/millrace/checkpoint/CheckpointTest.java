package org.millrace.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointTest {

    @TempDir
    Path temp;

    static Stream<ModelConfig> models() {
        return Stream.of(
                SampleCheckpoint.LLAMA,
                SampleCheckpoint.QWEN3,
                SampleCheckpoint.REWARD,
                SampleCheckpoint.QWEN3.withScalarHead());
    }

    @ParameterizedTest
    @MethodSource("models")
    void whatWasWrittenIsReadBack(ModelConfig config) throws IOException {
        Path dir = SampleCheckpoint.write(temp, config);

        try (Checkpoint read = Checkpoint.open(dir)) {
            assertThat(read.config()).isEqualTo(config);
            assertThat(read.provenance()).isEqualTo(Map.of("run", "r1", "step", "7"));
            assertThat(read.tokenizer()).hasContent("{\"model\": {}}");
            assertThat(read.directory().resolve("tokenizer_config.json"))
                    .hasContent("{\"chat_template\": \"{{ messages }}\"}");
            assertThat(read.directory().resolve("chat_template.jinja")).hasContent("{{ messages[0] }}");
            SampleCheckpoint.weights(config, 1).forEach((name, tensor) -> {
                assertThat(read.weights().shape(name)).isEqualTo(tensor.shape());
                assertThat(read.weights().floats(name)).isEqualTo(tensor.values());
            });
        }
    }

    @Test
    void buffersAreDirectAndNative() throws IOException {
        try (Checkpoint read = Checkpoint.open(SampleCheckpoint.write(temp, SampleCheckpoint.LLAMA))) {
            FloatBuffer buffer = read.weights().floats("model.norm.weight");

            assertThat(buffer.isDirect()).isTrue();
            assertThat(buffer.order()).isEqualTo(ByteOrder.nativeOrder());
        }
    }

    @Test
    void configurationHasTheKeysOfTransformers() throws IOException {
        JsonNode llama = new ObjectMapper()
                .readTree(SampleCheckpoint.write(temp, SampleCheckpoint.REWARD)
                        .resolve("config.json")
                        .toFile());

        assertThat(llama.path("architectures").path(0).asText()).isEqualTo("LlamaForSequenceClassification");
        assertThat(llama.path("model_type").asText()).isEqualTo("llama");
        assertThat(llama.path("num_labels").asInt()).isEqualTo(1);
        assertThat(llama.path("head_dim").asInt()).isEqualTo(2);
        assertThat(llama.path("reward_mean").asDouble()).isEqualTo(-0.25);
        // transformers scores the last token that is not padding: eos must not be the padding
        assertThat(llama.path("pad_token_id").asInt())
                .isNotEqualTo(llama.path("eos_token_id").asInt());
    }

    @Test
    void qkNormIsQwen3() {
        assertThat(HuggingFace.config(SampleCheckpoint.QWEN3, NumberType.F32)
                        .path("architectures")
                        .path(0)
                        .asText())
                .isEqualTo("Qwen3ForCausalLM");
    }

    @Test
    void anyFlippedBitIsFound() throws IOException {
        Path dir = SampleCheckpoint.write(temp, SampleCheckpoint.LLAMA);
        Random random = new Random(4);
        try (Stream<Path> listed = Files.list(dir)) {
            for (Path file : listed.sorted().toList()) {
                byte[] whole = Files.readAllBytes(file);
                for (int trial = 0; trial < 60; trial++) {
                    byte[] damaged = whole.clone();
                    int at = random.nextInt(whole.length);
                    damaged[at] ^= (byte) (1 << random.nextInt(8));
                    Files.write(file, damaged);
                    assertThatThrownBy(() -> Checkpoint.open(dir).close())
                            .as("%s, byte %d", file.getFileName(), at)
                            .isInstanceOf(CheckpointCorrupt.class);
                }
                Files.write(file, whole);
            }
        }
        Checkpoint.open(dir).close();
    }

    @Test
    void aFileWhoseHashIsKnownIsNotReadForIt() throws IOException {
        Path dir = SampleCheckpoint.write(temp, SampleCheckpoint.LLAMA);
        String weights = Manifest.describe(dir.resolve("model.safetensors")).sha256();
        flipLastBit(dir.resolve("model.safetensors"));

        Checkpoint.open(dir, Map.of("model.safetensors", weights)).close();
        assertThatThrownBy(() -> Checkpoint.open(dir, Map.of()).close())
                .isInstanceOf(CheckpointCorrupt.class)
                .hasMessageContaining("model.safetensors");
        assertThatThrownBy(() -> Checkpoint.open(dir, Map.of("model.safetensors", "0".repeat(64)))
                        .close())
                .isInstanceOf(CheckpointCorrupt.class)
                .hasMessageContaining("model.safetensors")
                .hasMessageContaining("0".repeat(64));

        flipLastBit(dir.resolve("tokenizer.json"));
        assertThatThrownBy(() -> Checkpoint.open(dir, Map.of("model.safetensors", weights))
                        .close())
                .isInstanceOf(CheckpointCorrupt.class)
                .hasMessageContaining("tokenizer.json");
    }

    private static void flipLastBit(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 1] ^= 1;
        Files.write(file, bytes);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "manifest.json"})
    void aMissingFileIsNamed(String name) throws IOException {
        Path dir = SampleCheckpoint.write(temp, SampleCheckpoint.LLAMA);
        Files.delete(dir.resolve(name));

        assertThatThrownBy(() -> Checkpoint.open(dir).close())
                .isInstanceOf(CheckpointCorrupt.class)
                .hasMessageContaining(name)
                .hasMessageContaining("missing");
    }

    @ParameterizedTest
    @ValueSource(strings = {"config.json", "model.safetensors", "tokenizer.json", "manifest.json"})
    void aTruncatedFileIsNamed(String name) throws IOException {
        Path dir = SampleCheckpoint.write(temp, SampleCheckpoint.LLAMA);
        byte[] whole = Files.readAllBytes(dir.resolve(name));
        Files.write(dir.resolve(name), java.util.Arrays.copyOf(whole, whole.length / 2));

        assertThatThrownBy(() -> Checkpoint.open(dir).close())
                .isInstanceOf(CheckpointCorrupt.class)
                .hasMessageContaining(name);
    }

    @Test
    void aManifestThatNamesAFileElsewhereIsRefused() throws IOException {
        Path dir = SampleCheckpoint.write(temp, SampleCheckpoint.LLAMA);
        Manifest honest = Manifest.read(dir);
        SortedMap<String, Manifest.Entry> files = new java.util.TreeMap<>(honest.files());
        files.put("../outside", new Manifest.Entry("00", 0));
        Files.write(dir.resolve("manifest.json"), new Manifest(files, honest.provenance()).toJson());

        assertThatThrownBy(() -> Checkpoint.open(dir).close())
                .isInstanceOf(CheckpointCorrupt.class)
                .hasMessageContaining("../outside");
    }

    @Test
    void weightsOfAnotherShapeThanTheConfigurationAreRefused() throws IOException {
        Path dir = SampleCheckpoint.write(temp, SampleCheckpoint.LLAMA);
        ObjectNode config =
                (ObjectNode) Json.STRICT.readTree(dir.resolve("config.json").toFile());
        Files.write(dir.resolve("config.json"), Json.PRETTY.writeValueAsBytes(config.put("intermediate_size", 13)));
        Manifest old = Manifest.read(dir);
        old.files().put("config.json", Manifest.describe(dir.resolve("config.json")));
        Files.write(dir.resolve("manifest.json"), old.toJson());

        assertThatThrownBy(() -> Checkpoint.open(dir).close())
                .isInstanceOf(CheckpointCorrupt.class)
                .hasMessageContaining("model.layers.0.mlp.")
                .hasMessageContaining("expected shape [8, 13]");
    }

    @Test
    void aConfigurationThatWouldComputeSomethingElseIsRefused() throws IOException {
        Path file = temp.resolve("config.json");
        for (Map.Entry<String, String> change : Map.of(
                        "rope_scaling", "{\"rope_type\": \"yarn\", \"factor\": 4}",
                        "attention_bias", "true",
                        "hidden_act", "\"gelu\"",
                        "architectures", "[\"GPT2LMHeadModel\"]",
                        "num_hidden_layers", "0")
                .entrySet()) {
            ObjectNode config = HuggingFace.config(SampleCheckpoint.LLAMA, NumberType.F32);
            config.set(change.getKey(), Json.STRICT.readTree(change.getValue()));
            Files.write(file, Json.PRETTY.writeValueAsBytes(config));

            assertThatThrownBy(() -> HuggingFace.read(file)).as(change.getKey()).isInstanceOf(CheckpointCorrupt.class);
        }
    }

    @Test
    void aFailedWriteLeavesNothing() throws IOException {
        Path emptyTokenizer = Files.createDirectory(temp.resolve("empty"));
        Path dir = temp.resolve("model");

        assertThatThrownBy(() -> Checkpoint.write(
                        dir,
                        SampleCheckpoint.LLAMA,
                        SampleCheckpoint.weights(SampleCheckpoint.LLAMA, 1),
                        emptyTokenizer,
                        Map.of()))
                .isInstanceOf(IOException.class);

        try (Stream<Path> left = Files.list(temp)) {
            assertThat(left).containsExactly(emptyTokenizer);
        }
    }

    @Test
    void anExistingCheckpointIsNotOverwritten() throws IOException {
        SampleCheckpoint.write(temp, SampleCheckpoint.LLAMA);

        assertThatThrownBy(() -> SampleCheckpoint.write(temp, SampleCheckpoint.LLAMA))
                .isInstanceOf(FileAlreadyExistsException.class);
    }

    @Test
    void tensorsMustBeThoseOfTheConfiguration() {
        SortedMap<String, TensorData> weights = SampleCheckpoint.weights(SampleCheckpoint.LLAMA, 1);
        weights.remove("model.norm.weight");

        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> Checkpoint.write(temp.resolve("model"), SampleCheckpoint.LLAMA, weights, temp, Map.of()))
                .withMessageContaining("model.norm.weight");
    }

    @Test
    void sameTensorsSameBytes() throws IOException {
        for (String name : List.of("a", "b")) {
            Safetensors.write(
                    temp.resolve(name), SampleCheckpoint.weights(SampleCheckpoint.LLAMA, 3), Map.of("format", "pt"));
        }

        assertThat(temp.resolve("a")).hasSameBinaryContentAs(temp.resolve("b"));
    }

    @Test
    void directBuffersOfEitherOrderAreWritten() throws IOException {
        SortedMap<String, TensorData> tensors = new java.util.TreeMap<>();
        for (ByteOrder order : List.of(ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN)) {
            FloatBuffer values = ByteBuffer.allocateDirect(8)
                    .order(order)
                    .asFloatBuffer()
                    .put(0, 1.5f)
                    .put(1, -2f);
            tensors.put(order.toString(), new TensorData(new long[] {2}, values));
        }
        Safetensors.write(temp.resolve("t"), tensors, Map.of());

        try (Safetensors read = Safetensors.open(temp.resolve("t"))) {
            for (String name : read.names()) {
                assertThat(read.floats(name)).isEqualTo(FloatBuffer.wrap(new float[] {1.5f, -2f}));
            }
        }
    }
}
