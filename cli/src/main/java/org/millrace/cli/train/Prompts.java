package org.millrace.cli.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.millrace.cli.Failure;
import org.millrace.cli.client.Answers;
import org.millrace.cli.lines.Fields;
import org.millrace.cli.lines.Lines;
import org.millrace.proto.events.v1.Message;
import org.millrace.proto.events.v1.TrainingPrompt;

/// Questions to practise on, from a file of JSON lines.
final class Prompts {

    private static final Set<String> FIELDS = Set.of("prompt", "messages", "reference");

    private Prompts() {}

    /// @throws Failure names the line that is wrong, and the field
    static List<TrainingPrompt> read(Path file) throws IOException {
        List<TrainingPrompt> prompts = Lines.of(file, Lines.bytes("--prompts", file)).stream()
                .map(Prompts::prompt)
                .toList();
        if (prompts.isEmpty()) {
            throw new Failure("%s: expected at least one prompt, got none".formatted(file));
        }
        return prompts;
    }

    private static TrainingPrompt prompt(Fields line) {
        line.requireKnown(FIELDS);
        TrainingPrompt.Builder prompt = TrainingPrompt.newBuilder().setReference(line.textOr("reference", ""));
        if (line.has("prompt") == line.has("messages")) {
            throw line.wrong("prompt", "a text, or else \"messages\"");
        }
        if (line.has("prompt")) {
            return prompt.addMessages(Answers.user(line.text("prompt"))).build();
        }
        for (Fields message : line.objects("messages")) {
            prompt.addMessages(Message.newBuilder().setRole(role(message)).setContent(message.text("content")));
        }
        return prompt.build();
    }

    private static Message.Role role(Fields message) {
        return switch (message.text("role")) {
            case "system" -> Message.Role.ROLE_SYSTEM;
            case "user" -> Message.Role.ROLE_USER;
            case "assistant" -> Message.Role.ROLE_ASSISTANT;
            default -> throw message.wrong("role", "system, user or assistant");
        };
    }
}
