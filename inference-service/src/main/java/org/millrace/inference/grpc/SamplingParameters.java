package org.millrace.inference.grpc;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.millrace.proto.inference.InferParameter;

/// The tensor `sampling_parameters`: a JSON object, as Triton's backend for vLLM takes it. Its fields are the request's
/// parameters by the same names; besides, `stop` may be several texts, and lists and objects may be written as such.
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

    static SamplingParameters read(String json) {
        Map<String, InferParameter> values = new TreeMap<>();
        List<String> stops = new ArrayList<>();
        for (Map.Entry<String, JsonNode> field : object(json).properties()) {
            String name = field.getKey().equals("stop_token_ids") ? "stop_ids" : field.getKey();
            JsonNode value = field.getValue();
            if (name.equals("stop") && value.isArray()) {
                value.forEach(stop -> stops.add(stop(stop)));
            } else if (!value.isNull()) {
                values.put(name, parameter(name, value));
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
        var parameter = InferParameter.newBuilder();
        return switch (value.getNodeType()) {
            case BOOLEAN -> parameter.setBoolParam(value.booleanValue()).build();
            case STRING -> parameter.setStringParam(value.textValue()).build();
            case NUMBER ->
                (value.canConvertToLong() && value.isIntegralNumber()
                                ? parameter.setInt64Param(value.longValue())
                                : parameter.setDoubleParam(value.doubleValue()))
                        .build();
            case ARRAY ->
                parameter
                        .setStringParam(
                                value.valueStream().map(JsonNode::asText).collect(Collectors.joining(",")))
                        .build();
            case OBJECT ->
                parameter
                        .setStringParam(value.properties().stream()
                                .map(pair ->
                                        pair.getKey() + ":" + pair.getValue().asText())
                                .collect(Collectors.joining(",")))
                        .build();
            case BINARY, MISSING, NULL, POJO ->
                throw new IllegalArgumentException(
                        "sampling_parameters.%s: expected a value, got %s".formatted(name, value.getNodeType()));
        };
    }
}
