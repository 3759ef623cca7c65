package org.millrace.inference.grpc.infer;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.millrace.inference.grpc.PolicyRequests;
import org.millrace.proto.inference.InferParameter;

/// The tensor `sampling_parameters`: a JSON object, as Triton's backend for vLLM takes it. Its fields are the request's
/// parameters by the same names; besides, `stop` may be several texts, `stop_ids` (or `stop_token_ids`) a list and
/// `logit_bias` an object. What is null or empty is as if it were absent.
///
/// @param values as parameters of the request
/// @param stops texts that end an answer
record SamplingParameters(Map<String, InferParameter> values, List<String> stops) {

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .build();

    static SamplingParameters none() {
        return new SamplingParameters(Map.of(), List.of());
    }

    /// Of the parameters that are given here.
    Set<String> names() {
        Set<String> names = new TreeSet<>(values.keySet());
        if (!stops.isEmpty()) {
            names.add("stop");
        }
        return names;
    }

    /// Of a refusal of parameters those of this tensor are named by it.
    String asWritten(String refusal) {
        Matcher named = PARAMETER.matcher(refusal);
        return named.find() && names().contains(named.group(1)) ? "sampling_" + refusal : refusal;
    }

    private static final Pattern PARAMETER = Pattern.compile("^parameters\\.(\\w+)");

    static SamplingParameters read(String json) {
        Map<String, InferParameter> values = new TreeMap<>();
        List<String> stops = new ArrayList<>();
        for (Map.Entry<String, JsonNode> field : object(json).properties()) {
            String name = field.getKey().equals("stop_token_ids") ? "stop_ids" : field.getKey();
            JsonNode value = field.getValue();
            boolean empty = value.isNull() || (value.isContainerNode() && value.isEmpty() && holds(name, value));
            if (name.equals("stop") && value.isArray()) {
                value.forEach(stop -> stops.add(stop(stop)));
            } else if (!empty && values.put(name, parameter(name, value)) != null) {
                throw new IllegalArgumentException(
                        "sampling_parameters.stop_ids: expected none beside stop_token_ids, got both");
            }
        }
        return new SamplingParameters(values, stops);
    }

    private static ObjectNode object(String json) {
        try {
            if (MAPPER.readTree(json) instanceof ObjectNode object) {
                return object;
            }
            throw new IllegalArgumentException("sampling_parameters[0]: expected a JSON object, got another value");
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(
                    "sampling_parameters[0]: expected a JSON object, got %s at column %d"
                            .formatted(e.getOriginalMessage(), e.getLocation().getColumnNr()),
                    e);
        }
    }

    private static String stop(JsonNode stop) {
        if (!stop.isTextual()) {
            throw new IllegalArgumentException(
                    "sampling_parameters.stop: expected strings, got %s".formatted(stop.getNodeType()));
        }
        return stop.textValue();
    }

    private static InferParameter parameter(String name, JsonNode value) {
        if (!value.isContainerNode() || !holds(name, value)) {
            return single("sampling_parameters." + PolicyRequests.shown(name), value);
        }
        String text = value.isArray()
                ? value.valueStream().map(JsonNode::asText).collect(Collectors.joining(","))
                : value.properties().stream()
                        .map(pair -> pair.getKey() + ":" + pair.getValue().asText())
                        .collect(Collectors.joining(","));
        return InferParameter.newBuilder().setStringParam(text).build();
    }

    /// A parameter as this protocol has it in JSON.
    static InferParameter single(String field, JsonNode value) {
        var parameter = InferParameter.newBuilder();
        return switch (value.getNodeType()) {
            case BOOLEAN -> parameter.setBoolParam(value.booleanValue()).build();
            case STRING -> parameter.setStringParam(value.textValue()).build();
            case NUMBER ->
                (value.canConvertToLong() && value.isIntegralNumber()
                                ? parameter.setInt64Param(value.longValue())
                                : parameter.setDoubleParam(value.doubleValue()))
                        .build();
            case ARRAY, OBJECT, BINARY, MISSING, NULL, POJO ->
                throw new IllegalArgumentException(
                        "%s: expected a single value, got %s".formatted(field, value.getNodeType()));
        };
    }

    /// Whether the parameter may be such a list or such an object.
    private static boolean holds(String name, JsonNode value) {
        return value.isArray() ? name.equals("stop") || name.equals("stop_ids") : name.equals("logit_bias");
    }
}
