package org.millrace.inference.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/// Reads the fields of one JSON object. A field that is `null` is one that is absent. Each
/// `IllegalArgumentException` names field, expectation and value.
///
/// @param path before the names of fields in messages: empty, or ends with a dot
public record Fields(ObjectNode object, String path) {

    /// Of a value that is told in a message.
    private static final int SHOWN = 40;

    public static Fields of(JsonNode node, String field) {
        if (!(node instanceof ObjectNode object)) {
            throw mistake(field, "an object", node);
        }
        return new Fields(object, field + ".");
    }

    public Optional<JsonNode> find(String name) {
        JsonNode value = object.get(name);
        return value == null || value.isNull() ? Optional.empty() : Optional.of(value);
    }

    public JsonNode need(String name, String expected) {
        return find(name).orElseThrow(() -> mistake(path + name, expected, JsonNodeFactory.instance.nullNode()));
    }

    public String text(String name, String absent) {
        return find(name).map(value -> text(path + name, value)).orElse(absent);
    }

    public boolean flag(String name) {
        return find(name)
                .map(value -> {
                    if (!value.isBoolean()) {
                        throw mistake(path + name, "true or false", value);
                    }
                    return value.booleanValue();
                })
                .orElse(false);
    }

    double number(String name, double absent) {
        return find(name)
                .map(value -> {
                    if (!value.isNumber()) {
                        throw mistake(path + name, "a number", value);
                    }
                    return value.doubleValue();
                })
                .orElse(absent);
    }

    public OptionalLong whole(String name) {
        Optional<JsonNode> found = find(name);
        if (found.isEmpty()) {
            return OptionalLong.empty();
        }
        JsonNode value = found.get();
        if (!value.isIntegralNumber() || !value.canConvertToLong()) {
            throw mistake(path + name, "a whole number of 64 bits", value);
        }
        return OptionalLong.of(value.longValue());
    }

    int whole(String name, int absent, int least, int most) {
        OptionalLong found = whole(name);
        if (found.isEmpty()) {
            return absent;
        }
        long given = found.getAsLong();
        if (given < least || given > most) {
            throw new IllegalArgumentException(
                    "%s%s: expected %d to %d, got %d".formatted(path, name, least, most, given));
        }
        return (int) given;
    }

    /// One text, or a list of them.
    List<String> texts(String name) {
        Optional<JsonNode> found = find(name);
        if (found.isEmpty()) {
            return List.of();
        }
        if (!found.get().isArray()) {
            return List.of(text(path + name, found.get()));
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode element : found.get()) {
            texts.add(text("%s%s[%d]".formatted(path, name, texts.size()), element));
        }
        return texts;
    }

    /// A list of ids of tokens.
    List<Integer> ids(String name) {
        Optional<JsonNode> found = find(name);
        if (found.isEmpty()) {
            return List.of();
        }
        if (!found.get().isArray()) {
            throw mistake(path + name, "a list of ids", found.get());
        }
        return ids(path + name, found.get());
    }

    static List<Integer> ids(String field, JsonNode list) {
        List<Integer> ids = new ArrayList<>();
        for (JsonNode id : list) {
            if (!id.isIntegralNumber() || !id.canConvertToInt()) {
                throw mistake("%s[%d]".formatted(field, ids.size()), "an id", id);
            }
            ids.add(id.intValue());
        }
        return ids;
    }

    public static String text(String field, JsonNode value) {
        if (!value.isTextual()) {
            throw mistake(field, "text", value);
        }
        return value.textValue();
    }

    public static IllegalArgumentException mistake(String field, String expected, JsonNode got) {
        String shown = got.isContainerNode() ? got.getNodeType().name().toLowerCase(Locale.ROOT) : got.toString();
        return new IllegalArgumentException("%s: expected %s, got %s"
                .formatted(field, expected, shown.length() <= SHOWN ? shown : shown.substring(0, SHOWN) + "…"));
    }
}
