package org.millrace.chattemplate;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// Values for the parameters of a filter, test, method or function.
///
/// @param name of what is called, for messages
record Arguments(Site at, String name, List<Value> positional, Map<String, Value> named, Budget budget) {

    /// In the order of the parameters. One with a `?` behind its name may be missing, and is undefined then.
    Value[] of(String... parameters) {
        if (positional.size() > parameters.length) {
            throw error("expected at most %d arguments, got %d".formatted(parameters.length, positional.size()));
        }
        Value[] values = new Value[parameters.length];
        int used = positional.size();
        for (int i = 0; i < parameters.length; i++) {
            boolean optional = parameters[i].endsWith("?");
            String parameter = optional ? parameters[i].substring(0, parameters[i].length() - 1) : parameters[i];
            Value value = i < positional.size() ? positional.get(i) : named.get(parameter);
            if (i >= positional.size() && value != null) {
                used++;
            }
            if (value == null && !optional) {
                throw error("expected the argument %s, got none".formatted(parameter));
            }
            values[i] = value == null ? new Value.Undefined(parameter) : value;
        }
        if (used < positional.size() + named.size()) {
            throw error("expected arguments out of %s, got %s".formatted(Arrays.toString(parameters), named.keySet()));
        }
        return values;
    }

    Text text(String parameter, Value value) {
        return value instanceof Text text ? text : wrong(parameter, "text", value);
    }

    long integer(String parameter, Value value, long otherwise) {
        return switch (value) {
            case Value.Undefined _ -> otherwise;
            case Value.Int(long number) -> number;
            default -> wrong(parameter, "an integer", value);
        };
    }

    <T> T wrong(String parameter, String expected, Value got) {
        throw error("%s: expected %s, got %s".formatted(parameter, expected, Value.kind(got)));
    }

    IllegalArgumentException error(String message) {
        return at.error("%s: %s".formatted(name, message));
    }

    /// The rest, for what is called by name: `map('trim', …)`.
    Arguments from(int first, String called) {
        return new Arguments(at, called, positional.subList(first, positional.size()), named, budget);
    }
}
