package org.millrace.inference.schema;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
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
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .build();

    private final String field;
    private final String source;
    private final Part root;
    private final Set<Part> possible;

    private Grammar(String field, String source, Part root) {
        this.field = field;
        this.source = source;
        this.root = root;
        List<Part> all = reachable(root);
        checkMove(all);
        this.possible = possible(all);
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
        Map<Part, List<Part>> around = new IdentityHashMap<>();
        for (Part part : all) {
            Part.children(part).forEach(child -> around.computeIfAbsent(child, first -> new ArrayList<>())
                    .add(part));
        }
        Set<Part> possible = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Part> open = new ArrayDeque<>(all);
        while (!open.isEmpty()) {
            Part part = open.removeLast(); // those within come first, mostly
            boolean now =
                    switch (part) {
                        case Part.OneOf one -> true;
                        case Part.Literal literal -> true;
                        case Part.Sequence sequence -> possible.containsAll(sequence.parts());
                        case Part.Choice choice -> choice.options().stream().anyMatch(possible::contains);
                        case Part.Repeat repeat -> repeat.least() == 0 || possible.contains(repeat.part());
                        case Part.Reference reference -> possible.contains(reference.part());
                    };
            if (now && possible.add(part)) {
                open.addAll(around.getOrDefault(part, List.of()));
            }
        }
        return possible;
    }

    /// A definition that begins with itself would be looked into without end. What is no reference or choice begins
    /// with a byte of its own.
    private static void checkMove(List<Part> all) {
        Set<Part> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Set<Part> within =
                Collections.newSetFromMap(new IdentityHashMap<>()); // those that begin with the one looked at
        Deque<Part> open = new ArrayDeque<>(all);
        while (!open.isEmpty()) {
            Part part = open.getLast();
            if (!(part instanceof Part.Reference || part instanceof Part.Choice) || !seen.add(part)) {
                within.remove(part);
                open.removeLast();
                continue;
            }
            within.add(part);
            for (Part child : Part.children(part)) {
                if (within.contains(child)) {
                    throw new IllegalArgumentException(
                            "expected a value between a $ref and itself, got none in " + nameOf(open, within));
                }
                open.addLast(child);
            }
        }
    }

    /// Of the innermost reference: every circle has one.
    private static String nameOf(Deque<Part> open, Set<Part> within) {
        return open.reversed().stream()
                .filter(within::contains)
                .filter(Part.Reference.class::isInstance)
                .map(part -> ((Part.Reference) part).name())
                .findFirst()
                .orElseThrow();
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
