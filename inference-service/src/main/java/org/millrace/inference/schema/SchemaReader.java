package org.millrace.inference.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/// Reads the part of JSON Schema (draft 2020-12) that a grammar can say. What it makes fits the schema; it need not
/// be everything that does:
///
/// - properties come in the order in which the schema names them, and others do not come beside them;
/// - a schema without `type` is read as that of what its other keywords speak of;
/// - `enum` and `const` are written without white space, those of their values that fit what is said beside them.
///
/// A keyword that it does not know is refused: an answer that breaks what somebody wrote down is worse than none.
final class SchemaReader {

    private static final Set<String> NOTES = Set.of(
            "title",
            "description",
            "default",
            "examples",
            "example",
            "deprecated",
            "readOnly",
            "writeOnly",
            "$schema",
            "$id",
            "$comment",
            "$defs",
            "definitions");

    private static final Set<String> OF_OBJECT = Set.of("properties", "required", "additionalProperties");
    private static final Set<String> OF_LIST = Set.of("items", "minItems", "maxItems");
    private static final Set<String> OF_TEXT = Set.of("minLength", "maxLength");
    private static final Set<String> OF_VALUES = Set.of("enum", "const");

    /// What may be said beside values, and is kept: that of what they have within is not.
    private static final Set<String> BESIDE_VALUES =
            Set.of("enum", "const", "type", "minItems", "maxItems", "minLength", "maxLength");
    private static final Set<String> TYPES =
            new TreeSet<>(Set.of("object", "array", "string", "number", "integer", "boolean", "null"));

    /// Of schemas within schemas.
    private static final int DEPTH = 64;

    /// Properties of an object, values of an `enum`, schemas of an `anyOf`.
    private static final int MOST = 500;

    /// Schemas that others refer to.
    private static final int REFERENCES = 1_000;

    /// Items of a list, characters of a text.
    private static final int LONGEST = 1_000_000;

    private final JsonNode root;
    private final String field;
    private final Map<String, Part.Reference> references = new HashMap<>();

    SchemaReader(JsonNode root, String field) {
        this.root = root;
        this.field = field;
    }

    Part read() {
        return read(root, field, 0);
    }

    private Part read(JsonNode schema, String place, int depth) {
        if (depth > DEPTH) {
            throw new IllegalArgumentException(
                    "%s: expected at most %d schemas within each other, got more".formatted(place, DEPTH));
        }
        if (schema.isBoolean() && schema.booleanValue()) {
            return JsonParts.any();
        }
        if (!(schema instanceof ObjectNode object)) {
            throw mistake(place, "a schema that something fits", schema);
        }
        Set<String> said = new HashSet<>();
        object.fieldNames().forEachRemaining(said::add);
        said.removeAll(NOTES);
        if (said.contains("$ref")) {
            checkAlone(said, "$ref", place);
            return reference(object.get("$ref"), place + ".$ref", depth);
        }
        if (said.contains("anyOf")) {
            checkAlone(said, "anyOf", place);
            JsonNode options = list(object.get("anyOf"), place + ".anyOf");
            List<Part> parts = new ArrayList<>();
            for (int i = 0; i < options.size(); i++) {
                parts.add(read(options.get(i), "%s.anyOf[%d]".formatted(place, i), depth + 1));
            }
            return new Part.Choice(parts);
        }
        checkKnown(said, place);
        Set<String> types = types(object, said, place);
        if (said.contains("enum") || said.contains("const")) {
            checkValuesAlone(said, place);
            return values(object, types, place);
        }
        if (types.isEmpty()) {
            return JsonParts.any();
        }
        return new Part.Choice(
                types.stream().map(type -> typed(type, object, place, depth)).toList());
    }

    private static void checkAlone(Set<String> said, String keyword, String place) {
        if (said.size() > 1) {
            said.remove(keyword);
            throw new IllegalArgumentException(
                    "%s.%s: expected nothing else beside it, got %s".formatted(place, keyword, new TreeSet<>(said)));
        }
    }

    private static void checkValuesAlone(Set<String> said, String place) {
        Set<String> others = new TreeSet<>(said);
        others.removeAll(BESIDE_VALUES);
        if (!others.isEmpty()) {
            throw new IllegalArgumentException("%s.%s: expected at most a type and counts beside it, got %s"
                    .formatted(place, said.contains("enum") ? "enum" : "const", others));
        }
    }

    private static void checkKnown(Set<String> said, String place) {
        for (String keyword : new TreeSet<>(said)) {
            if (!keyword.equals("type")
                    && Stream.of(OF_OBJECT, OF_LIST, OF_TEXT, OF_VALUES).noneMatch(known -> known.contains(keyword))) {
                throw new IllegalArgumentException("%s.%s: is not supported".formatted(place, keyword));
            }
        }
    }

    /// As it is told, or else of what its keywords speak; none: any.
    private static Set<String> types(ObjectNode schema, Set<String> said, String place) {
        Set<String> types = new TreeSet<>();
        JsonNode type = schema.get("type");
        if (type == null) {
            if (said.stream().anyMatch(OF_VALUES::contains)) {
                return TYPES;
            }
            Map.of("object", OF_OBJECT, "array", OF_LIST, "string", OF_TEXT).forEach((name, keywords) -> {
                if (said.stream().anyMatch(keywords::contains)) {
                    types.add(name);
                }
            });
            return types;
        }
        for (JsonNode name : type.isArray() ? list(type, place + ".type") : List.of(type)) {
            if (!name.isTextual() || !TYPES.contains(name.textValue())) {
                throw mistake(place + ".type", "one of " + TYPES, name);
            }
            types.add(name.textValue());
        }
        return types;
    }

    private Part typed(String type, ObjectNode schema, String place, int depth) {
        return switch (type) {
            case "object" -> object(schema, place, depth);
            case "array" -> {
                Span span = span(schema, "minItems", "maxItems", place);
                JsonNode items = schema.get("items");
                Part item = items == null ? JsonParts.any() : read(items, place + ".items", depth + 1);
                yield JsonParts.list(item, span.least, span.most);
            }
            case "string" -> {
                Span span = span(schema, "minLength", "maxLength", place);
                yield JsonParts.text(span.least, span.most);
            }
            case "number" -> JsonParts.number();
            case "integer" -> JsonParts.whole();
            case "boolean" -> JsonParts.truth();
            default -> JsonParts.nothing();
        };
    }

    private Part object(ObjectNode schema, String place, int depth) {
        JsonNode properties = schema.get("properties");
        JsonNode others = schema.get("additionalProperties");
        JsonNode required = schema.get("required");
        Set<String> needed = new TreeSet<>();
        if (required != null) {
            if (!required.isArray()) {
                throw mistake(place + ".required", "a list", required);
            }
            for (JsonNode name : required) {
                if (!name.isTextual() || properties == null || !properties.has(name.textValue())) {
                    throw mistake(place + ".required", "names of properties", name);
                }
                needed.add(name.textValue());
            }
        }
        if (properties == null && (others == null || !others.isBoolean() || others.booleanValue())) {
            return JsonParts.map(
                    others == null ? JsonParts.any() : read(others, place + ".additionalProperties", depth + 1));
        }
        List<JsonParts.Property> all = new ArrayList<>();
        if (properties != null) {
            if (!properties.isObject() || properties.size() > MOST) {
                throw mistake(place + ".properties", "an object of at most " + MOST, properties);
            }
            for (Map.Entry<String, JsonNode> property : properties.properties()) {
                String name = property.getKey();
                checkText(name, place + ".properties");
                Part value = read(property.getValue(), "%s.properties.%s".formatted(place, name), depth + 1);
                all.add(new JsonParts.Property(name, value, needed.contains(name)));
            }
        }
        return JsonParts.object(all);
    }

    private static Part values(ObjectNode schema, Set<String> types, String place) {
        JsonNode one = schema.get("const");
        JsonNode several = schema.get("enum");
        String told = place + (several == null ? ".const" : ".enum");
        Span characters = span(schema, "minLength", "maxLength", place);
        Span items = span(schema, "minItems", "maxItems", place);
        List<Part> values = new ArrayList<>();
        for (JsonNode value : several == null ? List.of(one) : list(several, told)) {
            if (types.stream().anyMatch(type -> is(value, type))
                    && (one == null || value.equals(one))
                    && (!value.isTextual() || characters.has(characters(value.textValue())))
                    && (!value.isArray() || items.has(value.size()))) {
                String text = value.toString();
                checkText(text, told);
                values.add(Part.literal(text));
            }
        }
        if (values.isEmpty()) {
            throw new IllegalArgumentException(
                    "%s: expected a value of type %s that fits what is said beside it, got none"
                            .formatted(told, types));
        }
        return new Part.Choice(values);
    }

    private static int characters(String text) {
        return text.codePointCount(0, text.length());
    }

    /// What UTF-8 cannot say would become something else.
    private static void checkText(String text, String place) {
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            throw new IllegalArgumentException(place + ": expected Unicode, got half of a surrogate pair");
        }
    }

    private static boolean is(JsonNode value, String type) {
        return switch (type) {
            case "object" -> value.isObject();
            case "array" -> value.isArray();
            case "string" -> value.isTextual();
            case "number" -> value.isNumber();
            case "integer" -> value.isIntegralNumber();
            case "boolean" -> value.isBoolean();
            default -> value.isNull();
        };
    }

    private Part reference(JsonNode to, String place, int depth) {
        String name = to.asText();
        if (!to.isTextual() || !(name.equals("#") || name.startsWith("#/"))) {
            throw mistake(place, "#, or # and a path within this schema", to);
        }
        Part.Reference known = references.get(name);
        if (known != null) {
            return known;
        }
        JsonNode target = root.at(name.substring(1));
        if (target.isMissingNode()) {
            throw mistake(place, "a schema that is there", to);
        }
        if (references.size() == REFERENCES) {
            throw mistake(place, "at most %d schemas that are referred to".formatted(REFERENCES), to);
        }
        var reference = new Part.Reference(name);
        references.put(name, reference);
        reference.define(read(target, field + name.substring(1).replace('/', '.'), depth + 1));
        return reference;
    }

    private record Span(int least, int most) {

        boolean has(int count) {
            return least <= count && count <= most;
        }
    }

    private static Span span(ObjectNode schema, String min, String max, String place) {
        int least = count(schema, min, place, 0);
        int most = count(schema, max, place, Part.ENDLESS);
        if (most < least) {
            throw new IllegalArgumentException(
                    "%s.%s: expected at least %d, got %d".formatted(place, max, least, most));
        }
        return new Span(least, most);
    }

    private static int count(ObjectNode schema, String keyword, String place, int absent) {
        JsonNode count = schema.get(keyword);
        if (count == null) {
            return absent;
        }
        if (!count.isInt() || count.intValue() < 0 || count.intValue() > LONGEST) {
            throw mistake(place + "." + keyword, "0 to " + LONGEST, count);
        }
        return count.intValue();
    }

    private static JsonNode list(JsonNode list, String place) {
        if (!list.isArray() || list.isEmpty() || list.size() > MOST) {
            throw mistake(place, "a list of 1 to " + MOST, list);
        }
        return list;
    }

    private static IllegalArgumentException mistake(String place, String expected, JsonNode got) {
        String shown = got.isContainerNode()
                ? "%s of %d".formatted(got.isArray() ? "a list" : "an object", got.size())
                : got.toString();
        return new IllegalArgumentException("%s: expected %s, got %s"
                .formatted(place, expected, shown.length() > 40 ? shown.substring(0, 40) + "…" : shown));
    }
}
