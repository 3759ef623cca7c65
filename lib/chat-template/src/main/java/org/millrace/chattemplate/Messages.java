package org.millrace.chattemplate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.millrace.bpe.Role;
import org.millrace.bpe.Turn;

/// Turns as templates know them, which is as transformers' `apply_chat_template` takes them: a call of a tool belongs
/// to the assistant's message, and what the tool said is a message of the role `tool`.
///
/// ```text
/// ASSISTANT "Let me see."       {role: assistant, content: "Let me see.", tool_calls: [
/// TOOL_CALL "12*7"         ──►    {type: function, function: {name: calculator, arguments: {expression: "12*7"}}}]}
/// TOOL_OUTPUT "84"              {role: tool, name: calculator, content: "84"}
/// ```
final class Messages {

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private static final JsonMapper ANY_NAMES =
            JSON.rebuild().disable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

    private Messages() {}

    /// Roles are ours, and so the template's.
    ///
    /// @param turns as [org.millrace.bpe.Chat#check] has them
    /// @throws IllegalArgumentException if a call has a name twice: templates take one of each
    static List<Map<String, Object>> of(List<Turn> turns) {
        List<Map<String, Object>> messages = new ArrayList<>();
        Role before = Role.SYSTEM;
        Text called = Text.EMPTY;
        for (int i = 0; i < turns.size(); i++) {
            Turn turn = turns.get(i);
            switch (turn.role()) {
                case SYSTEM -> messages.add(message("system", Text.untrusted(turn.text())));
                case USER -> messages.add(message("user", Text.untrusted(turn.text())));
                case ASSISTANT -> messages.add(message("assistant", Text.answer(turn.text())));
                case TOOL_CALL -> {
                    if (before != Role.ASSISTANT) {
                        messages.add(message("assistant", Text.EMPTY));
                    }
                    Map<String, Object> function = function(turn.text(), i);
                    called = (Text) function.get("name");
                    messages.getLast()
                            .put("tool_calls", List.of(Map.of("type", Text.trusted("function"), "function", function)));
                }
                case TOOL_OUTPUT -> {
                    Map<String, Object> output = message("tool", Text.untrusted(turn.text()));
                    output.put("name", called);
                    messages.add(output);
                }
            }
            before = turn.role();
        }
        return messages;
    }

    private static Map<String, Object> message(String role, Text content) {
        Map<String, Object> message = new LinkedHashMap<>();
        message.put("role", Text.trusted(role));
        message.put("content", content);
        return message;
    }

    private static Map<String, Object> function(String call, int turn) {
        JsonNode json = json(call, turn);
        boolean isFunction =
                json.path("name").isTextual() && json.path("arguments").isObject();
        Map<String, Object> function = new LinkedHashMap<>();
        function.put("name", Text.answer(isFunction ? json.path("name").textValue() : "calculator"));
        function.put(
                "arguments",
                isFunction ? value(json.path("arguments")) : Map.of(Text.answer("expression"), Text.answer(call)));
        return function;
    }

    private static JsonNode json(String call, int turn) {
        try {
            return JSON.readTree(call);
        } catch (JsonProcessingException e) {
            if (isJson(call)) {
                throw new IllegalArgumentException(
                        "turns[%d].text: expected a call that has each name once, got %s"
                                .formatted(turn, e.getOriginalMessage()),
                        e);
            }
            return JSON.missingNode(); // an expression
        }
    }

    /// Of any names.
    private static boolean isJson(String call) {
        try {
            ANY_NAMES.readTree(call);
            return true;
        } catch (JsonProcessingException e) {
            return false;
        }
    }

    /// All of it is what the assistant said.
    private static @Nullable Object value(JsonNode json) {
        return switch (json.getNodeType()) {
            case OBJECT -> {
                Map<Text, @Nullable Object> entries = new LinkedHashMap<>();
                json.properties().forEach(entry -> entries.put(Text.answer(entry.getKey()), value(entry.getValue())));
                yield entries;
            }
            case ARRAY -> {
                List<@Nullable Object> items = new ArrayList<>();
                json.forEach(item -> items.add(value(item)));
                yield items;
            }
            case STRING -> Text.answer(json.textValue());
            case NUMBER -> json.numberValue();
            case BOOLEAN -> json.booleanValue();
            case NULL, MISSING, BINARY, POJO -> null;
        };
    }
}
