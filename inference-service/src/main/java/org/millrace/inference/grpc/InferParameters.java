package org.millrace.inference.grpc;

import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.Sampling;
import org.millrace.proto.inference.InferParameter;
import org.millrace.proto.inference.InferParameter.ParameterChoiceCase;

/// How a ModelInfer wants its tokens drawn. A name that is not known is refused, lest a slip of the
/// pen draws something else than was asked for.
///
/// @param maxTokens of each answer
/// @param seed of each answer; empty: each has a random one
record InferParameters(int maxTokens, double temperature, int topK, double topP, OptionalLong seed) {

    private static final Set<String> NAMES =
            new TreeSet<>(Set.of("max_tokens", "temperature", "top_k", "top_p", "seed"));

    static InferParameters of(Map<String, InferParameter> wire, int context) {
        for (String name : new TreeMap<>(wire).keySet()) {
            if (!NAMES.contains(name)) {
                throw new IllegalArgumentException(
                        "parameters: expected some of %s, got \"%s\"".formatted(NAMES, name));
            }
        }
        InferParameter seed = wire.get("seed");
        return new InferParameters(
                (int) whole("max_tokens", wire.get("max_tokens"), context, 1, context),
                number("temperature", wire.get("temperature"), 0),
                (int) whole("top_k", wire.get("top_k"), 0, 0, Integer.MAX_VALUE),
                number("top_p", wire.get("top_p"), 1),
                seed == null
                        ? OptionalLong.empty()
                        : OptionalLong.of(whole("seed", seed, 0, Long.MIN_VALUE, Long.MAX_VALUE)));
    }

    /// For one answer.
    ///
    /// @throws IllegalArgumentException naming what is out of range
    Sampling sampling() {
        return PolicyRequests.asField(
                InferParameters::field,
                () -> new Sampling(temperature, topK, topP, seed.orElseGet(() -> ThreadLocalRandom.current()
                        .nextLong())));
    }

    private static String field(String name) {
        return "parameters." + name;
    }

    private static long whole(String name, @Nullable InferParameter value, long absent, long least, long most) {
        if (value == null) {
            return absent;
        }
        long given =
                switch (value.getParameterChoiceCase()) {
                    case INT64_PARAM -> value.getInt64Param();
                    case UINT64_PARAM -> unsigned(name, value.getUint64Param());
                    case STRING_PARAM -> {
                        try {
                            yield Long.parseLong(value.getStringParam());
                        } catch (NumberFormatException e) {
                            throw notANumber(name, "a whole number", value);
                        }
                    }
                    case BOOL_PARAM, DOUBLE_PARAM, PARAMETERCHOICE_NOT_SET ->
                        throw notANumber(name, "a whole number", value);
                };
        PolicyRequests.within(field(name), given, least, most);
        return given;
    }

    private static long unsigned(String name, long bits) {
        if (bits < 0) {
            throw new IllegalArgumentException("%s: expected at most %d, got %s"
                    .formatted(field(name), Long.MAX_VALUE, Long.toUnsignedString(bits)));
        }
        return bits;
    }

    private static double number(String name, @Nullable InferParameter value, double absent) {
        if (value == null) {
            return absent;
        }
        return switch (value.getParameterChoiceCase()) {
            case DOUBLE_PARAM -> value.getDoubleParam();
            case INT64_PARAM -> (double) value.getInt64Param();
            case UINT64_PARAM -> (double) unsigned(name, value.getUint64Param());
            case STRING_PARAM -> {
                try {
                    yield Double.parseDouble(value.getStringParam());
                } catch (NumberFormatException e) {
                    throw notANumber(name, "a number", value);
                }
            }
            case BOOL_PARAM, PARAMETERCHOICE_NOT_SET -> throw notANumber(name, "a number", value);
        };
    }

    private static IllegalArgumentException notANumber(String name, String expected, InferParameter value) {
        ParameterChoiceCase given = value.getParameterChoiceCase();
        String got =
                switch (given) {
                    case BOOL_PARAM -> Boolean.toString(value.getBoolParam());
                    case DOUBLE_PARAM -> Double.toString(value.getDoubleParam());
                    case STRING_PARAM -> "\"" + value.getStringParam() + "\"";
                    case INT64_PARAM, UINT64_PARAM -> given.name();
                    case PARAMETERCHOICE_NOT_SET -> "none";
                };
        return new IllegalArgumentException("%s: expected %s, got %s".formatted(field(name), expected, got));
    }
}
