package org.millrace.chattemplate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// What Hugging Face's `tokenizer_config.json` and the files beside it say of conversations.
///
/// @param specialTokens how `bos_token`, `eos_token` and their like are written, by these names
record TokenizerConfig(Optional<String> chatTemplate, Map<String, String> specialTokens) {

    private static final String CONFIG = "tokenizer_config.json";
    private static final String SPECIAL_TOKENS = "special_tokens_map.json";
    private static final String TEMPLATE = "chat_template.jinja";

    /// Of each file. The largest that are known list some 250,000 tokens in 50 MB.
    private static final long LARGEST_FILE = 64L << 20;

    private static final JsonMapper JSON = new JsonMapper();

    /// Files that are not there say nothing. `chat_template.jinja` counts before `tokenizer_config.json`, as in
    /// transformers.
    static TokenizerConfig read(Path directory) throws IOException {
        Map<String, String> specialTokens = new TreeMap<>();
        addSpecialTokens(json(directory.resolve(SPECIAL_TOKENS)), specialTokens);
        Path file = directory.resolve(CONFIG);
        JsonNode config = json(file);
        addSpecialTokens(config, specialTokens);
        Path template = directory.resolve(TEMPLATE);
        return new TokenizerConfig(
                Files.exists(template) ? Optional.of(text(template)) : template(config.path("chat_template"), file),
                specialTokens);
    }

    /// A text, or several by name: `default` is the one that conversations go by.
    private static Optional<String> template(JsonNode template, Path file) throws IOException {
        if (template.isMissingNode() || template.isNull()) {
            return Optional.empty();
        }
        if (template.isTextual()) {
            return Optional.of(template.textValue());
        }
        for (JsonNode named : template) {
            if (named.path("name").asText().equals("default")
                    && named.path("template").isTextual()) {
                return Optional.of(named.path("template").textValue());
            }
        }
        throw new IOException("%s: chat_template: expected a text, or a list with one that is named \"default\", got %s"
                .formatted(file, template.getNodeType()));
    }

    /// A token is a text, or an object with its text as `content`.
    private static void addSpecialTokens(JsonNode config, Map<String, String> tokens) {
        for (Map.Entry<String, JsonNode> entry : config.properties()) {
            JsonNode token = entry.getValue().isObject() ? entry.getValue().path("content") : entry.getValue();
            if (entry.getKey().endsWith("_token") && token.isTextual()) {
                tokens.put(entry.getKey(), token.textValue());
            }
        }
    }

    private static JsonNode json(Path file) throws IOException {
        if (!Files.exists(file)) {
            return JSON.createObjectNode();
        }
        String text = text(file);
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IOException("%s: not valid JSON: %s".formatted(file, e.getOriginalMessage()), e);
        }
    }

    private static String text(Path file) throws IOException {
        long size = Files.size(file);
        if (size > LARGEST_FILE) {
            throw new IOException("%s: expected at most %d bytes, got %d".formatted(file, LARGEST_FILE, size));
        }
        try {
            return Files.readString(file);
        } catch (CharacterCodingException e) {
            throw new IOException(file + ": expected UTF-8, got other bytes", e);
        }
    }
}
