package org.millrace.cli.model.gguf;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.checkpoint.Safetensors;
import org.millrace.checkpoint.TensorSource;

/// A checkpoint as llama.cpp loads it: architecture `llama`, or `qwen3` with QK-norm, weights, tokenizer and chat
/// template in one file. It knows names and orders, as llama.cpp's `convert_hf_to_gguf.py` has them.
public final class GgufModel {

    private static final Map<String, String> IN_A_BLOCK = Map.ofEntries(
            Map.entry("input_layernorm", "attn_norm"),
            Map.entry("self_attn.q_proj", "attn_q"),
            Map.entry("self_attn.k_proj", "attn_k"),
            Map.entry("self_attn.v_proj", "attn_v"),
            Map.entry("self_attn.o_proj", "attn_output"),
            Map.entry("self_attn.q_norm", "attn_q_norm"),
            Map.entry("self_attn.k_norm", "attn_k_norm"),
            Map.entry("post_attention_layernorm", "ffn_norm"),
            Map.entry("mlp.gate_proj", "ffn_gate"),
            Map.entry("mlp.up_proj", "ffn_up"),
            Map.entry("mlp.down_proj", "ffn_down"));

    private static final int QUANTIZATION_VERSION = 2;

    private GgufModel() {}

    /// @param name of the model, for people
    /// @param type of the matrices; norms are F32, and a matrix whose rows are no whole blocks is F16
    /// @return whether llama.cpp cuts every text into the pieces that the model learned; if not, it may read
    ///     numbers of three digits and more as other tokens
    /// @throws IllegalArgumentException if the model cannot be written so; names field or tensor
    public static boolean write(Checkpoint model, String name, GgufType type, Path file) throws IOException {
        ModelConfig config = model.config();
        if (config.scalarHead()) {
            throw new IllegalArgumentException("model: expected one that answers, got one with a scalar head");
        }
        GgufWriter out = new GgufWriter();
        String architecture = config.qkNorm() ? "qwen3" : "llama";
        out.text("general.architecture", architecture);
        out.text("general.type", "model");
        out.text("general.name", name);
        out.whole("general.file_type", type.fileType());
        out.whole("general.quantization_version", QUANTIZATION_VERSION);
        writeShape(out, architecture + ".", config);
        GgufTokenizer tokenizer = GgufTokenizer.read(model.directory(), config);
        tokenizer.write(out);
        writeTensors(out, config, model.weights(), type);
        out.write(file);
        return tokenizer.exact();
    }

    private static void writeShape(GgufWriter out, String at, ModelConfig config) {
        out.whole(at + "vocab_size", config.vocabulary());
        out.whole(at + "context_length", config.context());
        out.whole(at + "embedding_length", config.width());
        out.whole(at + "block_count", config.layers());
        out.whole(at + "feed_forward_length", config.hidden());
        out.whole(at + "attention.head_count", config.heads());
        out.whole(at + "attention.head_count_kv", config.kvHeads());
        out.whole(at + "attention.key_length", config.headWidth());
        out.whole(at + "attention.value_length", config.headWidth());
        out.real(at + "attention.layer_norm_rms_epsilon", config.normEpsilon());
        out.whole(at + "rope.dimension_count", config.headWidth());
        out.real(at + "rope.freq_base", config.ropeTheta());
    }

    private static void writeTensors(GgufWriter out, ModelConfig config, Safetensors weights, GgufType type) {
        for (String theirs : config.tensors().keySet()) {
            TensorSource tensor = weights.tensor(theirs);
            boolean turned = theirs.endsWith("q_proj.weight") || theirs.endsWith("k_proj.weight");
            if (turned && !config.qkNorm()) { // ggml's qwen3 turns as Hugging Face does
                tensor = new Interleaved(tensor, config.headWidth());
            }
            out.tensor(name(theirs), fitting(type, tensor.shape()), tensor);
        }
    }

    private static GgufType fitting(GgufType type, long[] shape) {
        if (shape.length == 1) {
            return GgufType.F32;
        }
        return shape[1] % type.block() == 0 ? type : GgufType.F16;
    }

    private static String name(String theirs) {
        return switch (theirs) {
            case "model.embed_tokens.weight" -> "token_embd.weight";
            case "model.norm.weight" -> "output_norm.weight";
            case "lm_head.weight" -> "output.weight";
            default -> {
                String[] parts = theirs.split("\\.", 4); // model.layers.N.rest.weight
                String rest = parts[3].substring(0, parts[3].length() - ".weight".length());
                String ours = IN_A_BLOCK.get(rest);
                if (ours == null) {
                    throw new IllegalArgumentException("tensor \"%s\": has no name in GGUF".formatted(theirs));
                }
                yield "blk.%s.%s.weight".formatted(parts[2], ours);
            }
        };
    }
}
