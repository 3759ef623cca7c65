package org.millrace.inference.grpc.infer;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.Generation;
import org.millrace.inference.Sampling;
import org.millrace.inference.Served;
import org.millrace.inference.grpc.PolicyRequests;
import org.millrace.proto.inference.InferParameter;
import org.millrace.proto.inference.InferParameter.ParameterChoiceCase;

/// How a ModelInfer wants its tokens drawn. A name that is not known is refused, lest a slip of the
/// pen draws something else than was asked for.
///
/// Parameters of this protocol are single values: `stop` is one text, `stop_ids` is `"7,8"`, `logit_bias` is
/// `"7:-100,8:2.5"`, `ignore_eos` is a bool.
///
/// @param seed of each answer; empty: each has a random one
record InferParameters(
        Generation.Ending ending,
        double temperature,
        int topK,
        double topP,
        double minP,
        Sampling.Penalties penalties,
        Map<Integer, Float> bias,
        OptionalLong seed) {

    private static final Set<String> NAMES = new TreeSet<>(Set.of(
            "max_tokens",
            "temperature",
            "top_k",
            "top_p",
            "min_p",
            "repetition_penalty",
            "presence_penalty",
            "frequency_penalty",
            "stop",
            "stop_ids",
            "logit_bias",
            "ignore_eos",
            "seed"));

    /// @param stopTexts that end an answer, where `wire` has none
    static InferParameters of(Map<String, InferParameter> wire, List<String> stopTexts, Served served) {
        int context = served.config().context();
        InferParameter seed = wire.get("seed");
        int maxTokens = (int) whole("max_tokens", wire.get("max_tokens"), context, 1, context);
        InferParameter stop = wire.get("stop");
        List<String> stops = stop == null ? stopTexts : List.of(text("stop", stop));
        PolicyRequests.within(field("stop"), stops.size(), 0, PolicyRequests.MAX_STOPS);
        Set<Integer> stopIds = stopIds(wire.get("stop_ids"), served);
        boolean ignoreEnd = truth("ignore_eos", wire.get("ignore_eos"));
        return new InferParameters(
                named(() -> new Generation.Ending(maxTokens, ignoreEnd, stops, stopIds)),
                number("temperature", wire.get("temperature"), 0),
                (int) whole("top_k", wire.get("top_k"), 0, 0, Integer.MAX_VALUE),
                number("top_p", wire.get("top_p"), 1),
                number("min_p", wire.get("min_p"), 0),
                penalties(
                        number("repetition_penalty", wire.get("repetition_penalty"), 1),
                        number("presence_penalty", wire.get("presence_penalty"), 0),
                        number("frequency_penalty", wire.get("frequency_penalty"), 0)),
                bias(wire.get("logit_bias"), served),
                seed == null
                        ? OptionalLong.empty()
                        : OptionalLong.of(whole("seed", seed, 0, Long.MIN_VALUE, Long.MAX_VALUE)));
    }

    /// @param field of the request that has them
    static void checkNames(String field, Collection<String> names) {
        for (String name : new TreeSet<>(names)) {
            if (!NAMES.contains(name)) {
                throw new IllegalArgumentException(
                        "%s: expected some of %s, got \"%s\"".formatted(field, NAMES, PolicyRequests.shown(name)));
            }
        }
    }

    private static Sampling.Penalties penalties(double repetition, double presence, double frequency) {
        return named(() -> new Sampling.Penalties(repetition, presence, frequency));
    }

    /// For one answer.
    ///
    /// @throws IllegalArgumentException naming what is out of range
    Sampling sampling() {
        return named(() -> new Sampling(
                temperature, topK, topP, minP, penalties, bias, seed.orElseGet(() -> ThreadLocalRandom.current()
                        .nextLong())));
    }

    private static <T> T named(Supplier<T> made) {
        return PolicyRequests.asField(InferParameters::field, made);
    }

    private static Set<Integer> stopIds(@Nullable InferParameter value, Served served) {
        if (value == null) {
            return Set.of();
        }
        List<Integer> ids = new ArrayList<>();
        for (String id : text("stop_ids", value).split(",", -1)) {
            try {
                ids.add(Integer.parseInt(id.strip()));
            } catch (NumberFormatException e) {
                throw malformed("stop_ids", "ids as \"7,8\"", value, e);
            }
        }
        PolicyRequests.within(field("stop_ids"), ids.size(), 1, PolicyRequests.MAX_STOPS);
        return PolicyRequests.stopIds(field("stop_ids"), ids, served);
    }

    private static Map<Integer, Float> bias(@Nullable InferParameter value, Served served) {
        if (value == null) {
            return Map.of();
        }
        Map<Integer, Float> bias = new TreeMap<>();
        for (String pair : text("logit_bias", value).split(",", -1)) {
            String[] parts = pair.split(":", -1);
            try {
                if (parts.length != 2) {
                    throw new NumberFormatException("no pair: " + pair);
                }
                bias.put(Integer.parseInt(parts[0].strip()), Float.parseFloat(parts[1].strip()));
            } catch (NumberFormatException e) {
                throw malformed("logit_bias", "pairs as \"7:-100,8:2.5\"", value, e);
            }
        }
        PolicyRequests.within(field("logit_bias"), bias.size(), 1, PolicyRequests.MAX_BIASES);
        bias.keySet().forEach(id -> PolicyRequests.within(field("logit_bias"), id, 0, served.vocabulary() - 1L));
        return bias;
    }

    private static IllegalArgumentException malformed(
            String name, String expected, InferParameter value, NumberFormatException cause) {
        return new IllegalArgumentException(
                "%s: expected %s, got \"%s\""
                        .formatted(field(name), expected, PolicyRequests.shown(value.getStringParam())),
                cause);
    }

    private static String text(String name, InferParameter value) {
        if (value.getParameterChoiceCase() != ParameterChoiceCase.STRING_PARAM) {
            throw wrongKind(name, "a string", value);
        }
        return value.getStringParam();
    }

    private static boolean truth(String name, @Nullable InferParameter value) {
        if (value == null) {
            return false;
        }
        if (value.getParameterChoiceCase() != ParameterChoiceCase.BOOL_PARAM) {
            throw wrongKind(name, "a bool", value);
        }
        return value.getBoolParam();
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
                            throw wrongKind(name, "a whole number", value);
                        }
                    }
                    case BOOL_PARAM, DOUBLE_PARAM, PARAMETERCHOICE_NOT_SET ->
                        throw wrongKind(name, "a whole number", value);
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
                    throw wrongKind(name, "a number", value);
                }
            }
            case BOOL_PARAM, PARAMETERCHOICE_NOT_SET -> throw wrongKind(name, "a number", value);
        };
    }

    private static IllegalArgumentException wrongKind(String name, String expected, InferParameter value) {
        String got =
                switch (value.getParameterChoiceCase()) {
                    case BOOL_PARAM -> Boolean.toString(value.getBoolParam());
                    case DOUBLE_PARAM -> Double.toString(value.getDoubleParam());
                    case STRING_PARAM -> "\"" + PolicyRequests.shown(value.getStringParam()) + "\"";
                    case INT64_PARAM -> Long.toString(value.getInt64Param());
                    case UINT64_PARAM -> Long.toUnsignedString(value.getUint64Param());
                    case PARAMETERCHOICE_NOT_SET -> "none";
                };
        return new IllegalArgumentException("%s: expected %s, got %s".formatted(field(name), expected, got));
    }
}
