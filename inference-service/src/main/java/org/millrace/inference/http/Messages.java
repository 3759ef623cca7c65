package org.millrace.inference.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import org.millrace.bpe.Role;
import org.millrace.bpe.Turn;
import org.millrace.inference.Prompts;
import org.millrace.inference.Served;
import org.millrace.inference.tool.Call;
import org.millrace.inference.tool.ToolRequest;

/// The messages of a chat, as the turns of a conversation: neighbours of one role share a turn, and what a developer
/// says is the system's.
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
        var read = new Reading();
        for (int i = 0; i < messages.size(); i++) {
            read.add(Fields.of(messages.get(i), "messages[%d]".formatted(i)), i);
        }
        read.checkAnswered("messages");
        return new Messages(read.turns, read.first);
    }

    /// The turns so far, and the calls that tools have not answered. Each call becomes a turn when its tool speaks, so
    /// that several calls of one message stand with their outputs behind them.
    private static final class Reading {

        private record Open(Call call, int message) {}

        private final List<Turn> turns = new ArrayList<>();
        private final List<Integer> first = new ArrayList<>();
        private final SequencedMap<String, Open> open = new LinkedHashMap<>();

        void add(Fields message, int index) {
            JsonNode named = message.need("role", "a role");
            String role = Fields.text(message.path() + "role", named);
            if (!role.equals("tool")) {
                checkAnswered(message.path() + "role");
            }
            switch (role) {
                case "system", "developer" -> add(Role.SYSTEM, content(message), index);
                case "user" -> ask(message, index);
                case "assistant" -> answer(message, index);
                case "tool" -> output(message, index);
                default ->
                    throw Fields.mistake(message.path() + "role", "system, developer, user, assistant or tool", named);
            }
        }

        private void ask(Fields message, int index) {
            String content = content(message);
            if (content.isEmpty()) {
                throw new IllegalArgumentException(message.path() + "content: expected at least 1 character, got 0");
            }
            add(Role.USER, content, index);
        }

        /// Who says nothing has no turn.
        private void add(Role role, String content, int index) {
            if (content.isEmpty()) {
                return;
            }
            if (!turns.isEmpty() && turns.getLast().role() == role) {
                turns.set(turns.size() - 1, new Turn(role, turns.getLast().text() + BETWEEN + content));
            } else {
                turns.add(new Turn(role, content));
                first.add(index);
            }
        }

        /// Besides calls its content may be absent.
        private void answer(Fields message, int index) {
            Optional<JsonNode> calls = message.find("tool_calls").filter(list -> !list.isEmpty());
            if (calls.isEmpty() || message.find("content").isPresent()) {
                add(Role.ASSISTANT, content(message), index);
            }
            int next = 0;
            for (JsonNode element : calls.orElse(JsonNodeFactory.instance.arrayNode())) {
                Fields call = Fields.of(element, "%stool_calls[%d]".formatted(message.path(), next++));
                String id = Fields.text(call.path() + "id", call.need("id", "an id"));
                if (open.put(id, new Open(call(call), index)) != null) {
                    throw new IllegalArgumentException(
                            "%sid: expected one for each call, got \"%s\" again".formatted(call.path(), id));
                }
            }
        }

        private static Call call(Fields call) {
            Fields function = Fields.of(call.need("function", "an object"), call.path() + "function");
            String field = function.path() + "arguments";
            JsonNode arguments = function.need("arguments", "JSON");
            return new Call(
                    Fields.text(function.path() + "name", function.need("name", "a name")),
                    Call.arguments(Fields.text(field, arguments))
                            .orElseThrow(() -> Fields.mistake(
                                    field, "a JSON object that has each name once, as text", arguments)));
        }

        private void output(Fields message, int index) {
            JsonNode id = message.need("tool_call_id", "the id of a call");
            Open called = open.remove(Fields.text(message.path() + "tool_call_id", id));
            if (called == null) {
                throw Fields.mistake(message.path() + "tool_call_id", "the id of a call that nobody has answered", id);
            }
            turns.add(new Turn(Role.TOOL_CALL, called.call().text()));
            first.add(called.message());
            turns.add(new Turn(Role.TOOL_OUTPUT, content(message)));
            first.add(index);
        }

        void checkAnswered(String field) {
            if (!open.isEmpty()) {
                throw new IllegalArgumentException("%s: expected what the tools say to the calls %s, got none"
                        .formatted(field, open.sequencedKeySet()));
            }
        }
    }

    private static String content(Fields message) {
        String field = message.path() + "content";
        JsonNode content = message.need("content", "text or a list of parts");
        return content.isArray() ? parts(field, content) : Fields.text(field, content);
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
    public int[] tokens(Served served, ToolRequest tools) {
        try {
            return Prompts.chat(turns, tools.declarations(), served);
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
