package org.millrace.cli.eval.task;

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
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.millrace.cli.Failure;

/// Reads a task from a file, as `docs/formats/eval.md` has it: lines of JSON, or a text that is one document.
/// Each mistake is a [Failure] `FILE:LINE: FIELD: expected WHAT, got VALUE`.
public final class TaskReader {

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    private static final String LINES = ".jsonl";

    private final Path file;
    private final List<Item> items = new ArrayList<>();

    private TaskReader(Path file) {
        this.file = file;
    }

    public static Task read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new Failure("--task: expected a file, got %s".formatted(file));
        }
        byte[] bytes = Files.readAllBytes(file);
        return new TaskReader(file).read(bytes);
    }

    private Task read(byte[] bytes) {
        String text = text(bytes);
        String fileName = String.valueOf(file.getFileName());
        if (!fileName.endsWith(LINES)) {
            if (text.isEmpty()) {
                throw new Failure("%s: expected a text, got nothing".formatted(file));
            }
            items.add(new Item.Document(text));
            return task(Header.of(Kind.BITS_PER_BYTE, withoutEnd(fileName)), bytes);
        }
        Header header = null;
        int number = 0;
        for (String line : text.lines().toList()) {
            number++;
            if (line.isBlank()) {
                continue;
            }
            Fields fields = new Fields("%s:%d".formatted(file, number), object(number, line));
            if (header == null) {
                boolean isHeader = fields.has("task");
                String name = withoutEnd(fileName);
                header = isHeader ? Header.read(fields, name) : Header.of(ItemReader.kind(fields), name);
                if (isHeader) {
                    continue;
                }
            }
            items.add(ItemReader.read(fields, header));
        }
        if (header == null || items.isEmpty()) {
            throw new Failure("%s: expected at least one item, got none".formatted(file));
        }
        if (header.form().shots() >= items.size()) {
            throw new Failure("%s: shots: expected fewer than the %d items of the file, got %d"
                    .formatted(file, items.size(), header.form().shots()));
        }
        return task(header, bytes);
    }

    private Task task(Header header, byte[] bytes) {
        return new Task(header.name(), sha256(bytes), header.kind(), header.form(), items, items.size());
    }

    private String text(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new Failure("%s: expected UTF-8, got other bytes".formatted(file), e);
        }
    }

    private JsonNode object(int number, String line) {
        JsonNode node;
        try {
            node = JSON.readTree(line);
        } catch (JsonProcessingException e) {
            throw new Failure(
                    "%s:%d: expected one JSON object, got %s".formatted(file, number, e.getOriginalMessage()), e);
        }
        if (!node.isObject()) {
            throw new Failure("%s:%d: expected one JSON object, got %s".formatted(file, number, Fields.shown(node)));
        }
        return node;
    }

    private static String withoutEnd(String name) {
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
