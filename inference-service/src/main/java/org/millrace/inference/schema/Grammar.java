package org.millrace.inference.schema;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What an answer must look like, byte by byte: JSON that fits a schema. Equal if made of the same schema.
public final class Grammar {

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .build();

    private final String field;
    private final String source;
    private final Part root;
    private final Set<Part> possible;
    private final Alternatives alternatives;

    private Grammar(String field, String source, Part root) {
        this.field = field;
        this.source = source;
        this.root = root;
        List<Part> all = reachable(root);
        this.possible = possible(all);
        this.alternatives = new Alternatives(all, possible);
    }

    /// Any JSON object.
    ///
    /// @param field how messages call what asks for it
    public static Grammar anyObject(String field) {
        return new Grammar(field, "an object", JsonParts.map(JsonParts.any()));
    }

    /// What fits a JSON Schema, as far as [SchemaReader] knows it.
    ///
    /// @param field how messages call the schema
    /// @throws IllegalArgumentException naming the place in the schema, what was expected and what came
    public static Grammar of(JsonNode schema, String field) {
        Part root = new SchemaReader(schema, field).read();
        try {
            var grammar = new Grammar(field, schema.toString(), root);
            if (!grammar.isPossible(root)) {
                throw new IllegalArgumentException("expected one that something finite fits, got none");
            }
            return grammar;
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(field + ": " + e.getMessage(), e);
        }
    }

    /// The same of a schema as it is written.
    public static Grammar parse(String schema, String field) {
        try {
            return of(MAPPER.readTree(schema), field);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(
                    "%s: expected JSON, got %s at line %d, column %d"
                            .formatted(
                                    field,
                                    e.getOriginalMessage(),
                                    e.getLocation().getLineNr(),
                                    e.getLocation().getColumnNr()),
                    e);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    field + ": expected exponents of 32 bits, got one beyond: " + e.getMessage(), e);
        }
    }

    /// What asked for it.
    public String field() {
        return field;
    }

    Part root() {
        return root;
    }

    /// Whether some bytes, finitely many, are this part.
    boolean isPossible(Part part) {
        return possible.contains(part);
    }

    /// What may stand where a part is expected: no choice, no reference, and only what is possible.
    List<Part> alternatives(Part part) {
        return alternatives.of(part);
    }

    private static List<Part> reachable(Part root) {
        Set<Part> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Part> open = new ArrayDeque<>(List.of(root));
        seen.add(root);
        List<Part> all = new ArrayList<>();
        while (!open.isEmpty()) {
            Part part = open.removeLast();
            all.add(part);
            Part.children(part).stream().filter(seen::add).forEach(open::add);
        }
        return all;
    }

    /// The least set: what contains itself, and nothing else in any case, is not in it.
    private static Set<Part> possible(List<Part> all) {
        Map<Part, List<Part>> users = new IdentityHashMap<>();
        Deque<Part> open = new ArrayDeque<>();
        for (Part part : all) {
            for (Part child : Part.children(part)) {
                users.computeIfAbsent(child, fresh -> new ArrayList<>()).add(part);
            }
            if (needsNoOther(part)) {
                open.add(part);
            }
        }
        Set<Part> possible = Collections.newSetFromMap(new IdentityHashMap<>());
        while (!open.isEmpty()) {
            Part part = open.removeLast();
            if (possible.add(part)) {
                users.getOrDefault(part, List.of()).stream()
                        .filter(user ->
                                !(user instanceof Part.Sequence sequence) || possible.containsAll(sequence.parts()))
                        .forEach(open::add);
            }
        }
        return possible;
    }

    private static boolean needsNoOther(Part part) {
        return switch (part) {
            case Part.OneOf one -> true;
            case Part.Literal literal -> true;
            case Part.Sequence sequence -> sequence.parts().isEmpty();
            case Part.Choice choice -> false;
            case Part.Repeat repeat -> repeat.least() == 0;
            case Part.Reference reference -> false;
        };
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Grammar grammar && source.equals(grammar.source);
    }

    @Override
    public int hashCode() {
        return source.hashCode();
    }
}
