package org.millrace.inference.http;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.http.HttpServerResponse;

/// Bodies of requests and replies.
final class Json {

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .build();

    private Json() {}

    /// @throws IllegalArgumentException saying where the body is no JSON object
    static Fields read(String body) {
        JsonNode node;
        try {
            node = MAPPER.readTree(body);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(
                    "body: expected a JSON object, got %s at line %d, column %d"
                            .formatted(
                                    e.getOriginalMessage(),
                                    e.getLocation().getLineNr(),
                                    e.getLocation().getColumnNr()),
                    e);
        }
        if (!(node instanceof ObjectNode object)) {
            throw Fields.mistake("body", "a JSON object", node);
        }
        return new Fields(object, "");
    }

    static void send(HttpServerResponse out, int status, ObjectNode body) {
        var unused = out.setStatusCode(status)
                .putHeader("content-type", "application/json")
                .end(body.toString());
    }

    static void send(HttpServerResponse out, ApiError error) {
        if (error.status() == 429) {
            out.putHeader("retry-after", "1");
        }
        send(out, error.status(), error.json());
    }
}
