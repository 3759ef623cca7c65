package org.millrace.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// `config.json` and `generation_config.json` as the transformers library reads them.
///
/// Reading accepts what this architecture can honour and refuses the rest: a model that would
/// load but compute something else (scaled RoPE, biases, sliding windows, another activation) is
/// an error.
final class HuggingFace {

    private HuggingFace() {}

    static ObjectNode config(ModelConfig config) {
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
        json.put("torch_dtype", "float32");
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
        JsonNode json;
        try {
            json = Json.STRICT.readTree(Files.readAllBytes(file));
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new CheckpointCorrupt(file, "expected JSON", e);
        }
        String architecture = json.path("architectures").path(0).asText("");
        boolean qkNorm = architecture.startsWith("Qwen3For");
        boolean scalar = architecture.endsWith("ForSequenceClassification");
        if (!architecture.matches("(Llama|Qwen3)For(CausalLM|SequenceClassification)")) {
            throw new CheckpointCorrupt(
                    file,
                    "architectures: expected LlamaForCausalLM, Qwen3ForCausalLM or their …ForSequenceClassification, got \"%s\""
                            .formatted(architecture));
        }
        refuse(file, json, "attention_bias", json.path("attention_bias").asBoolean(false));
        refuse(file, json, "mlp_bias", json.path("mlp_bias").asBoolean(false));
        refuse(file, json, "use_sliding_window", json.path("use_sliding_window").asBoolean(false));
        refuse(file, json, "hidden_act", !json.path("hidden_act").asText("silu").equals("silu"));
        refuse(file, json, "rope_scaling", json.hasNonNull("rope_scaling"));
        JsonNode rope = json.path("rope_parameters");
        refuse(
                file,
                json,
                "rope_parameters",
                !rope.path("rope_type").asText("default").equals("default"));
        refuse(file, json, "num_labels", scalar && json.path("num_labels").asInt(1) != 1);
        int width = integer(file, json, "hidden_size", -1);
        int heads = integer(file, json, "num_attention_heads", -1);
        try {
            return new ModelConfig(
                    integer(file, json, "num_hidden_layers", -1),
                    width,
                    heads,
                    integer(file, json, "num_key_value_heads", heads),
                    integer(file, json, "head_dim", width / heads),
                    integer(file, json, "intermediate_size", -1),
                    integer(file, json, "vocab_size", -1),
                    integer(file, json, "max_position_embeddings", 2_048),
                    rope.path("rope_theta").asDouble(json.path("rope_theta").asDouble(10_000)),
                    json.path("rms_norm_eps").asDouble(1e-6),
                    qkNorm,
                    json.path("tie_word_embeddings").asBoolean(false),
                    scalar,
                    json.path("reward_mean").asDouble(0),
                    json.path("reward_deviation").asDouble(1),
                    integer(file, json, "bos_token_id", 0),
                    eos(file, json));
        } catch (IllegalArgumentException e) {
            throw new CheckpointCorrupt(file, e.getMessage() == null ? e.toString() : e.getMessage(), e);
        }
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
            throw new CheckpointCorrupt(file, "%s: expected a positive integer, got %s".formatted(key, node));
        }
        return node.asInt();
    }

    private static void refuse(Path file, JsonNode json, String key, boolean unsupported) throws CheckpointCorrupt {
        if (unsupported) {
            throw new CheckpointCorrupt(file, "%s: %s is not supported".formatted(key, json.path(key)));
        }
    }
}
