package org.millrace.cli.model.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.millrace.bpe.SpecialToken;
import org.millrace.bpe.SplitPattern;
import org.millrace.bpe.Tokenizer;
import org.millrace.checkpoint.ModelConfig;

/// A byte-level BPE as ggml's tokenizer model `gpt2`.
///
/// @param split name of the split pattern, `tokenizer.ggml.pre`
/// @param tokens as they are written in `tokenizer.json`, by id; as many as the model has rows
/// @param types of each token
/// @param exact whether that pattern cuts every text as ours does
/// @param begins whether a text begins with the beginning of a sequence
record GgufTokenizer(
        String split,
        String[] tokens,
        int[] types,
        List<String> merges,
        boolean exact,
        boolean begins,
        String template,
        ModelConfig config) {

    private static final int NORMAL = 1;
    private static final int CONTROL = 3;
    private static final int USER_DEFINED = 4;
    private static final int UNUSED = 5;

    private static final ObjectMapper JSON = new ObjectMapper();

    /// @param dir holds `tokenizer.json`, and what is there of `tokenizer_config.json` and `chat_template.jinja`
    static GgufTokenizer read(Path dir, ModelConfig config) throws IOException {
        Path file = dir.resolve("tokenizer.json");
        Tokenizer tokenizer = Tokenizer.read(file); // it refuses what is not byte-level BPE
        if (tokenizer.vocabularySize() > config.vocabulary()) {
            throw new IllegalArgumentException("tokenizer: expected at most %d ids as the model has, got %d"
                    .formatted(config.vocabulary(), tokenizer.vocabularySize()));
        }
        JsonNode json = JSON.readTree(file.toFile());
        String[] tokens = new String[config.vocabulary()];
        int[] types = new int[tokens.length];
        Arrays.fill(types, UNUSED);
        for (int id = 0; id < tokens.length; id++) {
            tokens[id] = "[PAD" + id + "]"; // a row without a token must have a name of its own
        }
        for (Map.Entry<String, JsonNode> token :
                json.path("model").path("vocab").properties()) {
            tokens[token.getValue().intValue()] = token.getKey();
            types[token.getValue().intValue()] = NORMAL;
        }
        for (JsonNode token : json.path("added_tokens")) {
            int id = token.path("id").intValue();
            tokens[id] = token.path("content").textValue();
            types[id] = token.path("special").booleanValue() ? CONTROL : USER_DEFINED;
        }
        List<String> merges = new ArrayList<>();
        for (JsonNode merge : json.path("model").path("merges")) {
            merges.add(
                    merge.isTextual()
                            ? merge.textValue()
                            : merge.path(0).textValue() + " " + merge.path(1).textValue());
        }
        JsonNode settings = settings(dir);
        boolean begins = settings.path("add_bos_token")
                .asBoolean(tokenizer.special(SpecialToken.BOS.text()).isPresent());
        return new GgufTokenizer(
                split(tokenizer),
                tokens,
                types,
                merges,
                tokenizer.pattern() != SplitPattern.NANOCHAT,
                begins,
                template(dir, settings),
                config);
    }

    void write(GgufWriter out) {
        out.text("tokenizer.ggml.model", "gpt2");
        out.text("tokenizer.ggml.pre", split);
        out.texts("tokenizer.ggml.tokens", List.of(tokens));
        out.wholes("tokenizer.ggml.token_type", types);
        out.texts("tokenizer.ggml.merges", merges);
        out.whole("tokenizer.ggml.bos_token_id", config.bosId());
        out.whole("tokenizer.ggml.eos_token_id", config.eosId());
        out.whole("tokenizer.ggml.padding_token_id", config.bosId());
        out.flag("tokenizer.ggml.add_bos_token", begins);
        if (!template.isEmpty()) {
            out.text("tokenizer.chat_template", template);
        }
    }

    /// llama.cpp has no pattern with numbers of two digits: the nearest has three.
    private static String split(Tokenizer tokenizer) {
        return switch (tokenizer.pattern()) {
            case GPT2 -> "gpt-2";
            case QWEN2 -> "qwen2";
            case GPT4, LLAMA3, NANOCHAT -> tokenizer.keepsWholePieces() ? "llama-bpe" : "dbrx";
        };
    }

    private static JsonNode settings(Path dir) throws IOException {
        Path file = dir.resolve("tokenizer_config.json");
        return Files.exists(file) ? JSON.readTree(file.toFile()) : JSON.createObjectNode();
    }

    private static String template(Path dir, JsonNode settings) throws IOException {
        Path file = dir.resolve("chat_template.jinja");
        return Files.exists(file)
                ? Files.readString(file)
                : settings.path("chat_template").asText("");
    }
}
