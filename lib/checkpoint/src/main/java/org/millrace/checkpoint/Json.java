package org.millrace.checkpoint;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// How this library reads and writes JSON: a key twice, or bytes after the end, is an error.
final class Json {

    static final ObjectMapper STRICT = JsonMapper.builder()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    static final ObjectMapper PRETTY = STRICT.copy().enable(SerializationFeature.INDENT_OUTPUT);

    private Json() {}

    /// A file's bytes, if it is there and no larger than such files are.
    static byte[] bytes(Path file, long most) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new CheckpointCorrupt(file, "missing");
        }
        long size = Files.size(file);
        if (size > most) {
            throw new CheckpointCorrupt(file, "length: expected at most %d bytes, got %d".formatted(most, size));
        }
        return Files.readAllBytes(file);
    }

    /// A small file as a tree.
    ///
    /// @throws CheckpointCorrupt if it is missing, too large, or no JSON
    static JsonNode tree(Path file, long most) throws IOException {
        byte[] bytes = bytes(file, most);
        try {
            return STRICT.readTree(bytes);
        } catch (IOException e) { // of what is in the bytes, which are in memory
            throw broken(file, e);
        }
    }

    /// What a parser says about bytes that are no JSON, nor always UTF-8.
    static CheckpointCorrupt broken(Path file, IOException why) {
        String said = why instanceof JsonProcessingException at ? at.getOriginalMessage() : why.getMessage();
        return new CheckpointCorrupt(file, "expected JSON: " + SafetensorsHeader.shortened(String.valueOf(said)), why);
    }
}
