package org.millrace.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;

/// `config.json` and `generation_config.json` as the transformers library reads them.
///
/// Reading accepts what this architecture can honour and refuses the rest: a model that would
/// load but compute something else (scaled RoPE, biases, sliding windows, another activation) is
/// an error.
final class HuggingFace {

    /// Real ones have some kilobytes.
    private static final long MAX_BYTES = 1 << 20;

    private HuggingFace() {}

    static ObjectNode config(ModelConfig config, NumberType type) {
        String family = config.qkNorm() ? "Qwen3" : "Llama";
        ObjectNode json = Json.STRICT.createObjectNode();
        json.putArray("architectures")
                .add(family + (config.scalarHead() ? "ForSequenceClassification" : "ForCausalLM"));
        json.put("model_type", config.qkNorm() ? "qwen3" : "llama");
        json.put("attention_bias", false);
        json.put("attention_dropout", 0.0);
        json.put("bos_token_id", config.bosId());
        json.put("eos_token_id", config.eosId());
        json.put("head_dim", config.headWidth());
        json.put("hidden_act", "silu");
        json.put("hidden_size", config.width());
        json.put("initializer_range", 0.02);
        json.put("intermediate_size", config.hidden());
        json.put("max_position_embeddings", config.context());
        if (config.qkNorm()) {
            json.put("use_sliding_window", false);
        } else {
            json.put("mlp_bias", false);
        }
        json.put("num_attention_heads", config.heads());
        json.put("num_hidden_layers", config.layers());
        json.put("num_key_value_heads", config.kvHeads());
        // Not the eos id: transformers scores the last token that is not padding, and that one is eos.
        json.put("pad_token_id", config.bosId());
        json.put("rms_norm_eps", config.normEpsilon());
        json.putNull("rope_scaling");
        json.put("rope_theta", config.ropeTheta());
        json.put("tie_word_embeddings", config.tied());
        json.put("torch_dtype", type.torchName());
        json.put("use_cache", true);
        json.put("vocab_size", config.vocabulary());
        if (config.scalarHead()) {
            json.put("num_labels", 1);
            json.putObject("id2label").put("0", "LABEL_0");
            json.putObject("label2id").put("LABEL_0", 0);
            json.put("problem_type", "regression");
            json.put("reward_mean", config.rewardMean());
            json.put("reward_deviation", config.rewardDeviation());
        }
        return json;
    }

    static ObjectNode generation(ModelConfig config) {
        ObjectNode json = Json.STRICT.createObjectNode();
        json.put("bos_token_id", config.bosId());
        json.put("do_sample", true);
        json.put("eos_token_id", config.eosId());
        json.put("pad_token_id", config.bosId());
        json.put("temperature", 1.0);
        return json;
    }

    static ModelConfig read(Path file) throws IOException {
        JsonNode json = Json.tree(file, MAX_BYTES);
        String architecture = json.path("architectures").path(0).asText("");
        if (!architecture.matches("(Llama|Qwen3)For(CausalLM|SequenceClassification)")) {
            throw new CheckpointCorrupt(
                    file,
                    "architectures: expected LlamaForCausalLM, Qwen3ForCausalLM or their …ForSequenceClassification, got \"%s\""
                            .formatted(SafetensorsHeader.shortened(architecture)));
        }
        boolean qwen = architecture.startsWith("Qwen3For");
        boolean scalar = architecture.endsWith("ForSequenceClassification");
        String type = qwen ? "qwen3" : "llama";
        refuse(file, json, "model_type", !json.path("model_type").asText(type).equals(type));
        refuse(file, json, "attention_bias", flag(file, json, "attention_bias"));
        refuse(file, json, "mlp_bias", flag(file, json, "mlp_bias"));
        refuse(file, json, "use_sliding_window", flag(file, json, "use_sliding_window"));
        for (JsonNode layer : json.path("layer_types")) {
            refuse(file, json, "layer_types", !layer.asText().equals("full_attention"));
        }
        refuse(file, json, "hidden_act", !json.path("hidden_act").asText("silu").equals("silu"));
        refuse(file, json, "quantization_config", json.hasNonNull("quantization_config"));
        refuse(file, json, "partial_rotary_factor", real(file, json, "partial_rotary_factor", 1) != 1);
        refuse(file, json, "rope_scaling", !isPlain(json.path("rope_scaling")));
        JsonNode rope = json.path("rope_parameters");
        refuse(file, json, "rope_parameters", !isPlain(rope));
        refuse(file, json, "num_labels", scalar && json.path("num_labels").asInt(1) != 1);
        int width = integer(file, json, "hidden_size", -1);
        int heads = integer(file, json, "num_attention_heads", -1);
        try {
            return new ModelConfig(
                    integer(file, json, "num_hidden_layers", -1),
                    width,
                    heads,
                    integer(file, json, "num_key_value_heads", heads),
                    integer(file, json, "head_dim", qwen ? 128 : width / heads), // as transformers has it
                    integer(file, json, "intermediate_size", -1),
                    integer(file, json, "vocab_size", -1),
                    integer(file, json, "max_position_embeddings", qwen ? 32_768 : 2_048),
                    real(file, rope, "rope_theta", real(file, json, "rope_theta", 10_000)),
                    real(file, json, "rms_norm_eps", 1e-6),
                    qwen,
                    flag(file, json, "tie_word_embeddings"),
                    scalar,
                    real(file, json, "reward_mean", 0),
                    real(file, json, "reward_deviation", 1),
                    integer(file, json, "bos_token_id", 0),
                    eos(file, json));
        } catch (IllegalArgumentException e) {
            throw new CheckpointCorrupt(file, e.getMessage() == null ? e.toString() : e.getMessage(), e);
        }
    }

    /// Rotation by position alone.
    private static boolean isPlain(JsonNode rope) {
        return rope.isMissingNode()
                || rope.isNull()
                || rope.isObject()
                        && rope.path("rope_type")
                                .asText(rope.path("type").asText("default"))
                                .equals("default");
    }

    private static boolean flag(Path file, JsonNode json, String key) throws CheckpointCorrupt {
        JsonNode node = json.path(key);
        if (!node.isMissingNode() && !node.isNull() && !node.isBoolean()) {
            throw new CheckpointCorrupt(file, "%s: expected true or false, got %s".formatted(key, told(node)));
        }
        return node.asBoolean(false);
    }

    private static double real(Path file, JsonNode json, String key, double otherwise) throws CheckpointCorrupt {
        JsonNode node = json.path(key);
        if (!node.isMissingNode() && !node.isNull() && !node.isNumber()) {
            throw new CheckpointCorrupt(file, "%s: expected a number, got %s".formatted(key, told(node)));
        }
        return node.asDouble(otherwise);
    }

    private static String told(JsonNode node) {
        return SafetensorsHeader.shortened(node.toString());
    }

    private static int eos(Path file, JsonNode json) throws CheckpointCorrupt {
        JsonNode several = json.path("eos_token_id");
        return several.isArray() ? several.path(0).asInt(-1) : integer(file, json, "eos_token_id", -1);
    }

    private static int integer(Path file, JsonNode json, String key, int otherwise) throws CheckpointCorrupt {
        JsonNode node = json.path(key);
        if (node.isMissingNode() || node.isNull()) {
            if (otherwise < 0) {
                throw new CheckpointCorrupt(file, key + ": expected a number, got none");
            }
            return otherwise;
        }
        if (!node.isInt() || node.asInt() < 0 || (key.equals("num_attention_heads") && node.asInt() == 0)) {
            throw new CheckpointCorrupt(file, "%s: expected a positive integer, got %s".formatted(key, told(node)));
        }
        return node.asInt();
    }

    private static void refuse(Path file, JsonNode json, String key, boolean unsupported) throws CheckpointCorrupt {
        if (unsupported) {
            throw new CheckpointCorrupt(file, "%s: %s is not supported".formatted(key, told(json.path(key))));
        }
    }
}
