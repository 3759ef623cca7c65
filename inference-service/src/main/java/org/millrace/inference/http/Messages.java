package org.millrace.inference.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.millrace.bpe.Role;
import org.millrace.bpe.Turn;
import org.millrace.inference.Served;

/// The messages of a chat, as the turns of a conversation: neighbours of one role share a turn.
///
/// @param turns what is said
/// @param first of each turn, the index of its first message
record Messages(List<Turn> turns, List<Integer> first) implements Prompt {

    private static final String BETWEEN = "\n\n";

    static Messages of(Fields request) {
        JsonNode messages = request.need("messages", "a list");
        if (!messages.isArray()) {
            throw Fields.mistake("messages", "a list", messages);
        }
        List<Turn> turns = new ArrayList<>();
        List<Integer> first = new ArrayList<>();
        for (int i = 0; i < messages.size(); i++) {
            Fields message = Fields.of(messages.get(i), "messages[%d]".formatted(i));
            Role role = role(message);
            String content = content(message);
            if (!turns.isEmpty() && turns.getLast().role() == role) {
                turns.set(turns.size() - 1, new Turn(role, turns.getLast().text() + BETWEEN + content));
            } else {
                turns.add(new Turn(role, content));
                first.add(i);
            }
        }
        return new Messages(turns, first);
    }

    /// The formats of conversations have three roles: what a developer says is the system's, and what a tool said
    /// is told by the user.
    private static Role role(Fields message) {
        JsonNode role = message.need("role", "a role");
        return switch (Fields.text(message.path() + "role", role)) {
            case "system", "developer" -> Role.SYSTEM;
            case "user", "tool" -> Role.USER;
            case "assistant" -> Role.ASSISTANT;
            default ->
                throw Fields.mistake(message.path() + "role", "system, developer, user, assistant or tool", role);
        };
    }

    private static String content(Fields message) {
        if (message.find("tool_calls").filter(calls -> !calls.isEmpty()).isPresent()) {
            throw new IllegalArgumentException(message.path() + "tool_calls: is not supported");
        }
        String field = message.path() + "content";
        JsonNode content = message.need("content", "text or a list of parts");
        String text = content.isArray() ? parts(field, content) : Fields.text(field, content);
        if (text.isEmpty()) {
            throw new IllegalArgumentException(field + ": expected at least 1 character, got 0");
        }
        return text;
    }

    private static String parts(String field, JsonNode content) {
        var text = new StringBuilder();
        for (int i = 0; i < content.size(); i++) {
            Fields part = Fields.of(content.get(i), "%s[%d]".formatted(field, i));
            String type = part.text("type", "");
            if (!type.equals("text")) {
                throw new IllegalArgumentException("%stype: expected text, got \"%s\"".formatted(part.path(), type));
            }
            text.append(Fields.text(part.path() + "text", part.need("text", "text")));
        }
        return text.toString();
    }

    @Override
    public String field() {
        return "messages";
    }

    @Override
    public int[] tokens(Served served) {
        try {
            return served.chat().prompt(turns);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(asMessages(String.valueOf(e.getMessage())), e);
        }
    }

    private String asMessages(String mistake) {
        String named = mistake;
        for (int turn = turns.size() - 1; turn >= 0; turn--) {
            named = named.replace("turns[%d]".formatted(turn), "messages[%d]".formatted(first.get(turn)));
        }
        return named.replaceFirst("^turns:", "messages:").replaceFirst("]\\.text:", "].content:");
    }
}
