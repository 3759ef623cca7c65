package org.millrace.cli.lines;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.millrace.cli.Failure;

/// The fields of one line, or of an object within it.
///
/// @param number of the line, from 1
/// @param within the object's own place in the line; empty for the line itself
public record Fields(Path file, int number, String within, JsonNode line) {

    private static final int SHOWN = 60;

    /// File, line, and what is within it.
    public String place() {
        return "%s:%d".formatted(file, number) + (within.isEmpty() ? "" : ": " + within);
    }

    /// The objects of an array.
    ///
    /// @throws Failure unless it is an array of at least one object
    public List<Fields> objects(String field) {
        List<Fields> objects = new ArrayList<>();
        for (JsonNode each : line.path(field)) {
            if (!each.isObject()) {
                throw wrong(field, "objects");
            }
            objects.add(new Fields(file, number, "%s[%d]".formatted(field, objects.size()), each));
        }
        if (objects.isEmpty() || !line.path(field).isArray()) {
            throw wrong(field, "an array of at least one object");
        }
        return objects;
    }

    /// Whether it is there, and not null.
    public boolean has(String field) {
        return line.hasNonNull(field);
    }

    /// @throws Failure unless it is a text of at least one character
    public String text(String field) {
        JsonNode value = line.path(field);
        if (!value.isTextual() || value.textValue().isEmpty()) {
            throw wrong(field, "a text of at least one character");
        }
        return value.textValue();
    }

    /// A text that may be empty.
    public String textOr(String field, String otherwise) {
        if (!has(field)) {
            return otherwise;
        }
        if (!line.path(field).isTextual()) {
            throw wrong(field, "a text");
        }
        return line.path(field).textValue();
    }

    public List<String> texts(String field, int least, int most) {
        JsonNode value = line.path(field);
        List<String> texts = new ArrayList<>();
        for (JsonNode each : value) {
            if (!each.isTextual() || each.textValue().isEmpty()) {
                throw wrong(field, "texts of at least one character");
            }
            texts.add(each.textValue());
        }
        if (!value.isArray() || texts.size() < least || texts.size() > most) {
            throw wrong(field, "an array of %d to %d texts".formatted(least, most));
        }
        return texts;
    }

    public int numberOr(String field, int otherwise, int least, int most) {
        return has(field) ? number(field, least, most) : otherwise;
    }

    public int number(String field, int least, int most) {
        JsonNode value = line.path(field);
        if (!value.isInt() || value.intValue() < least || value.intValue() > most) {
            throw wrong(field, "a whole number, %d to %d".formatted(least, most));
        }
        return value.intValue();
    }

    /// A typing error must not pass for a default.
    public void requireKnown(Set<String> fields) {
        line.fieldNames().forEachRemaining(field -> {
            if (!fields.contains(field)) {
                throw new Failure("%s: expected fields of %s, got %s".formatted(place(), new TreeSet<>(fields), field));
            }
        });
    }

    public Failure wrong(String field, String expected) {
        return new Failure("%s: %s: expected %s, got %s".formatted(place(), field, expected, shown(line.path(field))));
    }

    public static String shown(JsonNode value) {
        if (value.isMissingNode()) {
            return "nothing";
        }
        String text = value.toString();
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "…";
    }
}
