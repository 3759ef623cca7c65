package org.millrace.world;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// Options of a main class: pairs of `--name value`.
public final class Arguments {

    private final Map<String, String> values;

    private Arguments(Map<String, String> values) {
        this.values = values;
    }

    /// @throws IllegalArgumentException for an option that is not in `known`, or one without a
    ///     value
    public static Arguments of(String[] args, List<String> known) {
        Map<String, String> values = new LinkedHashMap<>();
        for (int i = 0; i < args.length; i += 2) {
            if (!known.contains(args[i])) {
                throw new IllegalArgumentException(
                        "options: expected some of %s, got %s".formatted(String.join(" ", known), args[i]));
            }
            if (i + 1 == args.length) {
                throw new IllegalArgumentException(args[i] + ": expected a value, got none");
            }
            values.put(args[i], args[i + 1]);
        }
        return new Arguments(values);
    }

    public String required(String option) {
        String value = values.get(option);
        if (value == null) {
            throw new IllegalArgumentException(option + ": expected a value, got none");
        }
        return value;
    }

    public long number(String option, long min, long max, long otherwise) {
        String value = values.get(option);
        return value == null ? otherwise : parsed(option, value, min, max);
    }

    /// The number of entities, where it is limited.
    public OptionalInt limit() {
        @Nullable String value = values.get("--limit");
        return value == null
                ? OptionalInt.empty()
                : OptionalInt.of((int) parsed("--limit", value, 2, Integer.MAX_VALUE));
    }

    private static long parsed(String option, String value, long min, long max) {
        try {
            long number = Long.parseLong(value);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("%s: expected a whole number, got %s".formatted(option, value), e);
        }
        throw new IllegalArgumentException("%s: expected %d to %d, got %s".formatted(option, min, max, value));
    }
}
