package org.millrace.cli.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.checkpoint.NumberType;
import org.millrace.cli.Failure;
import picocli.CommandLine;

class ExportCommandTest {

    private static final int[] TEXT = {258, 111, 32, 119, 111, 114, 108, 100};

    private final StringWriter complaints = new StringWriter();

    @TempDir
    Path temp;

    private Path out;

    @BeforeEach
    void place() {
        out = temp.resolve("out/model");
    }

    private int export(Path model, String format, String type, String... more) {
        String[] arguments = {
            "--format",
            format,
            "--model",
            model.toString(),
            "--type",
            type,
            "--out",
            out.toString(),
            "--state",
            temp.resolve("none").toString()
        };
        String[] all = Arrays.copyOf(arguments, arguments.length + more.length);
        System.arraycopy(more, 0, all, arguments.length, more.length);
        return new CommandLine(new ExportCommand())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setErr(new PrintWriter(complaints, true))
                .setExecutionExceptionHandler((e, line, _) -> {
                    assertThat(e).isInstanceOf(Failure.class);
                    line.getErr().println(e.getMessage());
                    return 1;
                })
                .execute(all);
    }

    private Path model(boolean qkNorm, boolean tied) throws Exception {
        return Foreign.write(temp.resolve("open"), Foreign.config(qkNorm, tied, 264), NumberType.F32, 1 << 20);
    }

    @ParameterizedTest
    @CsvSource({
        "true, false, F32",
        "true, true, Q8_0",
        "false, true, F16",
        "false, false, Q8_0",
        "false, true, F32",
    })
    void ggufHasEveryTensorAndKey(boolean qkNorm, boolean tied, String type) throws Exception {
        Path from = model(qkNorm, tied);
        ModelConfig config = Foreign.config(qkNorm, tied, 264);

        assertThat(export(from, "gguf", type)).as(complaints.toString()).isZero();

        GgufFile file = GgufFile.read(out);
        assertKeys(file, config, type);
        Map<String, FloatBuffer> expected = new TreeMap<>();
        Foreign.weights(config).forEach((name, tensor) -> expected.put(theirs(name), tensor.values()));
        assertThat(file.tensors().keySet()).containsExactlyInAnyOrderElementsOf(expected.keySet());
        Foreign.weights(config).forEach((name, tensor) -> {
            GgufFile.Tensor found = file.tensor(theirs(name));
            long[] shape = tensor.shape();
            assertThat(found.shape()).isEqualTo(shape.length == 1 ? shape : new long[] {shape[1], shape[0]});
            // 48 columns are no whole blocks of 32
            boolean whole = shape.length == 2 && shape[1] % 32 == 0;
            assertThat(found.type())
                    .as(name)
                    .isEqualTo(shape.length == 1 || type.equals("F32") ? 0 : type.equals("F16") || !whole ? 1 : 8);
            boolean turned = !qkNorm && (name.endsWith("q_proj.weight") || name.endsWith("k_proj.weight"));
            for (int i = 0; i < found.values().length; i++) {
                float meant = tensor.values().get(turned ? turned(i, (int) shape[1], config.headWidth()) : i);
                double error =
                        switch (found.type()) {
                            case 0 -> 0;
                            case 1 -> Math.scalb(Math.abs(meant), -11) + 1e-7;
                            default -> found.scales()[i / 32] / 2 * (1 + 1e-6);
                        };
                assertThat(Math.abs((double) found.values()[i] - meant))
                        .as("%s[%d] = %s", name, i, meant)
                        .isLessThanOrEqualTo(error);
            }
        });
    }

    /// Where a number of ggml's llama stands in Hugging Face's file: pairs of neighbours there are halves here.
    private static int turned(int at, int width, int headWidth) {
        int row = at / width;
        int head = row / headWidth;
        int pair = row % headWidth / 2;
        int second = row % 2;
        return (head * headWidth + second * headWidth / 2 + pair) * width + at % width;
    }

    private static String theirs(String name) {
        return name.replace("model.embed_tokens", "token_embd")
                .replace("model.norm", "output_norm")
                .replace("lm_head", "output")
                .replace("model.layers.", "blk.")
                .replace("input_layernorm", "attn_norm")
                .replace("post_attention_layernorm", "ffn_norm")
                .replace("self_attn.o_proj", "attn_output")
                .replaceAll("self_attn\\.([qkv])_proj", "attn_$1")
                .replaceAll("self_attn\\.([qk])_norm", "attn_$1_norm")
                .replaceAll("mlp\\.(gate|up|down)_proj", "ffn_$1");
    }

    private static void assertKeys(GgufFile file, ModelConfig config, String type) {
        String at = config.qkNorm() ? "qwen3." : "llama.";
        assertThat(file.keys())
                .containsEntry("general.architecture", config.qkNorm() ? "qwen3" : "llama")
                .containsEntry("general.name", "open")
                .containsEntry(
                        "general.file_type",
                        Map.of("F32", 0L, "F16", 1L, "Q8_0", 7L).get(type))
                .containsEntry(at + "vocab_size", 264L)
                .containsEntry(at + "context_length", 64L)
                .containsEntry(at + "embedding_length", 32L)
                .containsEntry(at + "block_count", 2L)
                .containsEntry(at + "feed_forward_length", 48L)
                .containsEntry(at + "attention.head_count", 4L)
                .containsEntry(at + "attention.head_count_kv", 2L)
                .containsEntry(at + "attention.key_length", 16L)
                .containsEntry(at + "attention.value_length", 16L)
                .containsEntry(at + "attention.layer_norm_rms_epsilon", 1e-6f)
                .containsEntry(at + "rope.dimension_count", 16L)
                .containsEntry(at + "rope.freq_base", 1e6f)
                .containsEntry("tokenizer.ggml.model", "gpt2")
                .containsEntry("tokenizer.ggml.pre", "qwen2")
                .containsEntry("tokenizer.ggml.merges", List.of("h e", "l l", "he ll"))
                .containsEntry("tokenizer.ggml.bos_token_id", 259L)
                .containsEntry("tokenizer.ggml.eos_token_id", 260L)
                .containsEntry("tokenizer.ggml.add_bos_token", false)
                .containsEntry("tokenizer.chat_template", Foreign.TEMPLATE);
        List<?> tokens = (List<?>) Objects.requireNonNull(file.keys().get("tokenizer.ggml.tokens"));
        List<?> types = (List<?>) Objects.requireNonNull(file.keys().get("tokenizer.ggml.token_type"));
        assertThat(tokens).hasSize(264).doesNotHaveDuplicates();
        assertThat(tokens.subList(256, 262))
                .asString()
                .isEqualTo("[he, ll, hell, <|endoftext|>, <|im_end|>, [PAD261]]");
        assertThat(tokens.get(' ')).isEqualTo("Ġ");
        assertThat(types.subList(258, 262)).asString().isEqualTo("[1, 3, 3, 5]");
    }

    @Test
    void onnxComputesTheSame() throws Exception {
        Path from = model(true, false);

        assertThat(export(from, "onnx", "f32")).as(complaints.toString()).isZero();

        var environment = OrtEnvironment.getEnvironment();
        try (Checkpoint model = Checkpoint.openForeign(from);
                OrtSession session = environment.createSession(out.toString())) {
            float[][] expected = Foreign.logits(model, TEXT);
            float[][] actual = Foreign.logits(environment, session, TEXT);
            for (int t = 0; t < TEXT.length; t++) {
                for (int v = 0; v < expected[t].length; v++) {
                    assertThat(Math.abs(actual[t][v] - expected[t][v]))
                            .isLessThan(1e-5f); // the same graph but its cache
                }
            }
        }
    }

    @Test
    void aHuggingFaceFolderCanBeReadAgain() throws Exception {
        Path from = model(true, true);

        assertThat(export(from, "huggingface", "bf16", "--shard-bytes", "10000"))
                .isZero();

        try (Checkpoint read = Checkpoint.openForeign(out);
                Checkpoint whole = Checkpoint.open(out)) {
            assertThat(read.config()).isEqualTo(Foreign.config(true, true, 264));
            assertThat(whole.weights().dtype("model.norm.weight")).isEqualTo("BF16");
            assertThat(Files.exists(out.resolve("model.safetensors.index.json")))
                    .isTrue();
        }
    }

    @Test
    void whatIsWrongIsOneSentence() throws Exception {
        Path from = model(true, true);
        assertThat(export(from, "onnx", "q8_0")).isEqualTo(2);
        assertThat(complaints.toString()).contains("--type: expected F32 for ONNX, got Q8_0");
        assertThat(export(from.resolve("config.json"), "gguf", "f32")).isEqualTo(1);
        assertThat(complaints.toString()).contains("There is no log in");
        Files.createDirectories(out);
        assertThat(export(from, "gguf", "f32")).isEqualTo(1);
        assertThat(complaints.toString()).contains("--out: expected a place where nothing is");
    }
}
