package org.millrace.chattemplate;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Makes the values of a template from what Java has of JSON.
final class Variables {

    /// Of lists and maps in each other.
    private static final int DEEPEST = 100;

    private Variables() {}

    static Scope scope(Map<String, ?> variables) {
        Scope scope = new Scope(null);
        variables.forEach((name, value) -> scope.set(name, value(name, value, 0)));
        return scope;
    }

    private static Value value(String path, @Nullable Object value, int depth) {
        if (depth > DEEPEST) {
            throw new IllegalArgumentException(
                    "variables.%s: expected at most %d levels, got more".formatted(path, DEEPEST));
        }
        return switch (value) {
            case null -> Value.None.NONE;
            case Text text -> text;
            case String string -> Text.untrusted(string);
            case Boolean is -> new Value.Bool(is);
            case Number number -> number(path, number);
            case List<?> list -> {
                List<Value> items = new ArrayList<>(list.size());
                for (Object item : list) {
                    items.add(value("%s[%d]".formatted(path, items.size()), item, depth + 1));
                }
                yield new Value.Seq(items);
            }
            case Map<?, ?> map -> {
                Map<Text, Value> entries = new LinkedHashMap<>();
                map.forEach((key, item) -> entries.put(key(path, key), value(path + "." + key, item, depth + 1)));
                yield new Value.Dict(entries);
            }
            default -> throw wrong(path, "a Text, String, Boolean, Number, List, Map or null", value);
        };
    }

    private static Value number(String path, Number number) {
        return switch (number) {
            case Long _, Integer _, Short _, Byte _ -> new Value.Int(number.longValue());
            case Double _, Float _, BigDecimal _ -> new Value.Real(number.doubleValue());
            case BigInteger big when big.bitLength() < Long.SIZE -> new Value.Int(big.longValue());
            default -> throw wrong(path, "a number of 64 bits", number);
        };
    }

    private static Text key(String path, @Nullable Object key) {
        return switch (key) {
            case Text text -> text;
            case String string -> Text.untrusted(string);
            case null, default -> throw wrong(path, "keys that are String", key);
        };
    }

    private static IllegalArgumentException wrong(String path, String expected, @Nullable Object got) {
        return new IllegalArgumentException("variables.%s: expected %s, got %s"
                .formatted(path, expected, got == null ? "null" : got.getClass().getName()));
    }
}
