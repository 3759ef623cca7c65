package org.millrace.cli.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/// What the demo measured, by name. Becomes the last line of its output.
final class Figures {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Map<String, Object> values = new LinkedHashMap<>();

    /// Rounded to six digits after the point: nothing here is known better.
    void put(String name, double value) {
        if (!Double.isFinite(value)) {
            throw new IllegalStateException(name + ": expected a finite figure, got " + value);
        }
        values.put(name, Math.round(value * 1e6) / 1e6);
    }

    void put(String name, long value) {
        values.put(name, value);
    }

    void put(String name, Map<String, Long> counts) {
        values.put(name, new LinkedHashMap<>(counts));
    }

    void put(String name, String value) {
        values.put(name, value);
    }

    double number(String name) {
        if (values.get(name) instanceof Number number) {
            return number.doubleValue();
        }
        throw new IllegalStateException(name + " has not been measured");
    }

    Map<String, Object> all() {
        return Collections.unmodifiableMap(values);
    }

    String json() {
        try {
            return JSON.writeValueAsString(values);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("figures are numbers, texts and counts", e);
        }
    }
}
