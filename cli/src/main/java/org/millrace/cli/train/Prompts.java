package org.millrace.cli.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.millrace.cli.Failure;
import org.millrace.cli.client.Answers;
import org.millrace.proto.events.v1.Message;
import org.millrace.proto.events.v1.TrainingPrompt;

/// Questions to practise on, from a file of JSON lines.
final class Prompts {

    private static final ObjectMapper JSON = new ObjectMapper();

    private Prompts() {}

    /// @throws Failure names the line that is wrong, and the field
    static List<TrainingPrompt> read(Path file) throws IOException {
        List<TrainingPrompt> prompts = new ArrayList<>();
        int number = 0;
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                if (!line.isBlank()) {
                    prompts.add(prompt(line));
                }
            }
        } catch (NoSuchFileException e) {
            throw new Failure("--prompts: expected a file, got " + file + ", which is not there", e);
        } catch (CharacterCodingException e) {
            throw new Failure("%s: expected UTF-8, got other bytes after line %d".formatted(file, number), e);
        } catch (IllegalArgumentException e) {
            throw new Failure("%s, line %d: %s".formatted(file, number, e.getMessage()), e);
        }
        if (prompts.isEmpty()) {
            throw new Failure("%s: expected at least one prompt, got none".formatted(file));
        }
        return prompts;
    }

    private static TrainingPrompt prompt(String line) {
        JsonNode node;
        try {
            node = JSON.readTree(line);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("expected a JSON object, got " + e.getOriginalMessage(), e);
        }
        if (!node.isObject() || node.has("prompt") == node.has("messages")) {
            throw new IllegalArgumentException(
                    "expected a JSON object with either \"prompt\" or \"messages\", got fields " + names(node));
        }
        TrainingPrompt.Builder prompt = TrainingPrompt.newBuilder();
        if (node.has("prompt")) {
            prompt.addMessages(Answers.user(text(node, "prompt")));
        } else {
            for (JsonNode message : node.get("messages")) {
                prompt.addMessages(Message.newBuilder()
                        .setRole(role(text(message, "role")))
                        .setContent(text(message, "content")));
            }
        }
        return node.hasNonNull("reference")
                ? prompt.setReference(text(node, "reference")).build()
                : prompt.build();
    }

    private static String names(JsonNode node) {
        List<String> names = new ArrayList<>();
        node.fieldNames().forEachRemaining(names::add);
        return names.toString();
    }

    private static String text(JsonNode node, String field) {
        JsonNode value = node.path(field);
        if (!value.isTextual()) {
            throw new IllegalArgumentException("%s: expected a text, got %s".formatted(field, value.getNodeType()));
        }
        return value.textValue();
    }

    private static Message.Role role(String name) {
        return switch (name) {
            case "system" -> Message.Role.ROLE_SYSTEM;
            case "user" -> Message.Role.ROLE_USER;
            case "assistant" -> Message.Role.ROLE_ASSISTANT;
            default ->
                throw new IllegalArgumentException(
                        "role: expected system, user or assistant, got \"%.40s\"".formatted(name));
        };
    }
}
