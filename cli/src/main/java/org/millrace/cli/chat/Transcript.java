package org.millrace.cli.chat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.millrace.proto.events.v1.Message;

/// Conversations in a file, each a line of JSON as `./millrace tokenize shards` takes it.
final class Transcript {

    private static final ObjectMapper JSON = new ObjectMapper();

    private Transcript() {}

    static void append(Path file, List<Message> messages) throws IOException {
        ObjectNode line = JSON.createObjectNode();
        ArrayNode list = line.putArray("messages");
        messages.forEach(
                message -> list.addObject().put("role", role(message.getRole())).put("content", message.getContent()));
        Files.writeString(file, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private static String role(Message.Role role) {
        return switch (role) {
            case ROLE_SYSTEM -> "system";
            case ROLE_USER -> "user";
            case ROLE_ASSISTANT -> "assistant";
            case ROLE_TOOL_CALL -> "tool_call";
            case ROLE_TOOL_OUTPUT -> "tool_output";
            case ROLE_UNSPECIFIED, UNRECOGNIZED ->
                throw new IllegalArgumentException("role: expected one of who spoke, got " + role);
        };
    }
}
