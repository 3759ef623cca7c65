package org.millrace.inference.tool;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.millrace.inference.schema.Grammar;

/// The schema of a tool's arguments, where an answer must fit it. Arguments are an object, whatever else it leaves
/// open.
record ArgumentSchema(ObjectNode schema) {

    private static final Set<String> OF_OBJECTS = Set.of("properties", "required", "additionalProperties");

    /// Keywords whose values are schemas by name, and those whose value is one.
    private static final Set<String> NAMED = Set.of("properties", "$defs", "definitions");

    private static final Set<String> WITHIN = Set.of("items", "additionalProperties");

    static ArgumentSchema of(Tool tool) {
        ObjectNode schema = tool.parameters().deepCopy();
        if (!schema.has("type") && !schema.has("anyOf") && !schema.has("$ref")) {
            schema.put("type", "object");
        }
        return new ArgumentSchema(schema);
    }

    /// @throws IllegalArgumentException if no grammar can say it, or something fits it that is no object
    void check(String field) {
        var unused = Grammar.of(schema, field);
        if (!isOfObjects()) {
            throw new IllegalArgumentException(field + ": expected a schema that objects fit, got one of other values");
        }
    }

    private boolean isOfObjects() {
        Set<JsonNode> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<JsonNode> open = new ArrayDeque<>(List.of(schema));
        while (!open.isEmpty()) {
            JsonNode part = open.removeLast();
            if (!seen.add(part)) {
                continue; // what refers to itself is what the rest of it says
            }
            if (part.has("$ref")) {
                open.add(schema.at(part.path("$ref").textValue().substring(1)));
            } else if (part.has("anyOf")) {
                part.path("anyOf").forEach(open::add);
            } else if (!saysObject(part)) {
                return false;
            }
        }
        return true;
    }

    private static boolean saysObject(JsonNode part) {
        if (part.has("type")) {
            JsonNode type = part.path("type");
            return (type.isArray() ? type.valueStream() : Stream.of(type))
                    .allMatch(name -> name.asText().equals("object"));
        }
        return OF_OBJECTS.stream().anyMatch(part::has)
                && Stream.of("items", "minItems", "maxItems", "minLength", "maxLength", "enum", "const")
                        .noneMatch(part::has);
    }

    /// As part of another schema: references go from its root.
    ObjectNode movedTo(String place) {
        ObjectNode moved = schema.deepCopy();
        move(moved, place);
        return moved;
    }

    private static void move(JsonNode schema, String place) {
        if (!(schema instanceof ObjectNode object)) {
            return;
        }
        String reference = object.path("$ref").asText();
        if (reference.startsWith("#")) {
            object.put("$ref", place + reference.substring(1));
        }
        NAMED.forEach(keyword -> object.path(keyword).forEach(part -> move(part, place)));
        WITHIN.forEach(keyword -> move(object.path(keyword), place));
        object.path("anyOf").forEach(option -> move(option, place));
    }
}
