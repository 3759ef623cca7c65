package org.millrace.inference.tool;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// What an answer asks of a tool.
///
/// @param arguments by name
public record Call(String name, ObjectNode arguments) {

    static final String CALCULATOR = "calculator";
    private static final String EXPRESSION = "expression";

    /// Of a name that comes twice, the last counts, since a model is not told of mistakes; numbers keep all their
    /// digits.
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private static final JsonMapper STRICT =
            JSON.rebuild().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

    static Call ofCalculator(String expression) {
        return new Call(CALCULATOR, JsonNodeFactory.instance.objectNode().put(EXPRESSION, expression));
    }

    /// Reads a call as models write it: `{"name": …, "arguments": {…}}`, or with `parameters`, as those of Llama do.
    /// Empty if it is none.
    static Optional<Call> read(String text) {
        JsonNode json = json(text, JSON);
        return Stream.of("arguments", "parameters")
                .map(json::path)
                .filter(arguments ->
                        arguments instanceof ObjectNode && json.path("name").isTextual())
                .map(arguments -> new Call(json.path("name").textValue(), (ObjectNode) arguments))
                .findFirst();
    }

    /// Reads the arguments alone, as a caller sends them; empty unless they are an object that has each name once.
    public static Optional<ObjectNode> arguments(String text) {
        return json(text, STRICT) instanceof ObjectNode object ? Optional.of(object) : Optional.empty();
    }

    private static JsonNode json(String text, JsonMapper reader) {
        try {
            return reader.readTree(text);
        } catch (JsonProcessingException | NumberFormatException e) {
            return reader.missingNode(); // a caller sees that it is none
        }
    }

    /// The expression, if this is a call of the calculator.
    Optional<String> expression() {
        JsonNode expression = arguments.path(EXPRESSION);
        return name.equals(CALCULATOR) && arguments.size() == 1 && expression.isTextual()
                ? Optional.of(expression.textValue())
                : Optional.empty();
    }

    /// As a turn of a conversation has it: of the calculator, the expression alone if there is one.
    public String text() {
        return expression().filter(expression -> !expression.isEmpty()).orElseGet(this::json);
    }

    /// The same, whatever it calls.
    String json() {
        return "{\"name\": %s, \"arguments\": %s}"
                .formatted(JsonNodeFactory.instance.textNode(name), written(arguments));
    }

    /// As Python's `json.dumps` writes, which templates do: so a model sees what it said.
    private static String written(JsonNode node) {
        var text = new StringBuilder();
        if (node.isObject()) {
            for (Map.Entry<String, JsonNode> entry : node.properties()) {
                text.append(text.isEmpty() ? "" : ", ")
                        .append(JsonNodeFactory.instance.textNode(entry.getKey()))
                        .append(": ")
                        .append(written(entry.getValue()));
            }
            return "{" + text + "}";
        }
        if (node.isArray()) {
            for (JsonNode item : node) {
                text.append(text.isEmpty() ? "" : ", ").append(written(item));
            }
            return "[" + text + "]";
        }
        return node.toString();
    }
}
