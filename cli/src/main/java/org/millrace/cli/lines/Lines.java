package org.millrace.cli.lines;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.millrace.cli.Failure;

/// A JSON object a line, in UTF-8; blank lines are passed over. Each mistake is a [Failure]
/// `FILE:LINE: FIELD: expected WHAT, got VALUE`.
public final class Lines {

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private Lines() {}

    /// @param option that names the file
    /// @throws Failure unless it is a file
    public static byte[] bytes(String option, Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new Failure("%s: expected a file, got %s".formatted(option, file));
        }
        return Files.readAllBytes(file);
    }

    /// @param bytes what the file has
    public static List<Fields> of(Path file, byte[] bytes) {
        List<Fields> objects = new ArrayList<>();
        int number = 0;
        for (String line : text(file, bytes).lines().toList()) {
            number++;
            if (!line.isBlank()) {
                objects.add(new Fields(file, number, "", object("%s:%d".formatted(file, number), line)));
            }
        }
        return objects;
    }

    public static String text(Path file, byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new Failure("%s: expected UTF-8, got other bytes".formatted(file), e);
        }
    }

    private static JsonNode object(String place, String line) {
        JsonNode node;
        try {
            node = JSON.readTree(line);
        } catch (JsonProcessingException e) {
            throw new Failure("%s: expected one JSON object, got %s".formatted(place, e.getOriginalMessage()), e);
        }
        if (!node.isObject()) {
            throw new Failure("%s: expected one JSON object, got %s".formatted(place, Fields.shown(node)));
        }
        return node;
    }
}
