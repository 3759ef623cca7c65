package org.millrace.inference.http;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/// Bodies of requests and replies.
public final class Json {

    /// Numbers keep all their digits: a schema may tell one that an answer must have.
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .build();

    private Json() {}

    /// @throws IllegalArgumentException saying where the body is no JSON object
    public static Fields read(Buffer body) {
        JsonNode node;
        try {
            node = MAPPER.readTree(text(body));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(
                    "body: expected a JSON object, got %s at line %d, column %d"
                            .formatted(
                                    e.getOriginalMessage(),
                                    e.getLocation().getLineNr(),
                                    e.getLocation().getColumnNr()),
                    e);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "body: expected exponents of 32 bits, got one beyond: " + e.getMessage(), e);
        }
        if (!(node instanceof ObjectNode object)) {
            throw Fields.mistake("body", "a JSON object", node);
        }
        return new Fields(object, "");
    }

    /// Strictly: what is no text must not become another one.
    private static String text(Buffer body) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(body.getBytes()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(
                    "body: expected UTF-8, got %d bytes that are not".formatted(body.length()), e);
        }
    }

    public static void send(HttpServerResponse out, int status, JsonNode body) {
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
