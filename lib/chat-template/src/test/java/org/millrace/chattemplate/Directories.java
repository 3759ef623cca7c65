package org.millrace.chattemplate;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.millrace.bpe.BpeTrainer;
import org.millrace.bpe.Tokenizer;

/// Tokenizers as imported models bring them: special tokens of theirs, and a template.
final class Directories {

    /// Of all [Families].
    private static final List<String> SPECIAL = List.of(
            "<s>",
            "</s>",
            "<|im_start|>",
            "<|im_end|>",
            "<think>",
            "</think>",
            "<|start_header_id|>",
            "<|end_header_id|>",
            "<|eot_id|>",
            "[INST]",
            "[/INST]",
            "<start_of_turn>",
            "<end_of_turn>");

    private static final JsonMapper JSON = new JsonMapper();

    private Directories() {}

    static Path write(Path directory, String template) throws IOException {
        Tokenizer learned = BpeTrainer.train(List.of("so it is, user and assistant, so it is\n\n"), 280, merges -> {});
        learned.write(directory);
        Path file = directory.resolve("tokenizer.json");
        ObjectNode json = (ObjectNode) JSON.readTree(file.toFile());
        ArrayNode added = json.putArray("added_tokens");
        for (int i = 0; i < SPECIAL.size(); i++) {
            added.addObject().put("id", 300 + i).put("content", SPECIAL.get(i));
        }
        JSON.writeValue(file.toFile(), json);
        writeConfig(
                directory,
                JSON.createObjectNode()
                        .put("bos_token", "<s>")
                        .put("chat_template", template)
                        .set("eos_token", JSON.createObjectNode().put("content", "</s>")));
        return directory;
    }

    static void writeConfig(Path directory, Object json) throws IOException {
        JSON.writeValue(directory.resolve("tokenizer_config.json").toFile(), json);
    }

    static Tokenizer tokenizer(Path directory) throws IOException {
        return Tokenizer.read(directory.resolve("tokenizer.json"));
    }

    static ChatFormat format(Path directory) throws IOException {
        return ChatFormat.read(directory, tokenizer(directory));
    }

    static void writeTemplate(Path directory, String jinja) throws IOException {
        Files.writeString(directory.resolve("chat_template.jinja"), jinja);
    }
}
