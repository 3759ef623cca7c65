package org.millrace.cli.data.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.millrace.cli.Failure;
import org.millrace.cli.data.Fact;

/// What `./millrace clean --json` wrote: one JSON object a page, one a line.
public final class JsonFacts {

    private static final ObjectMapper JSON = new ObjectMapper();

    /// Empty: standard input.
    private final List<Path> files;

    private long unreadable;
    private long errors;

    private JsonFacts(List<Path> files) {
        this.files = files;
    }

    /// @param place a file, a folder of files (`.json`, `.jsonl`, `.ndjson`, also `.gz`), or `-`
    /// @throws Failure if there is nothing
    public static JsonFacts at(String place) throws IOException {
        if (place.equals("-")) {
            return new JsonFacts(List.of());
        }
        Path path = Path.of(place);
        if (Files.isRegularFile(path)) {
            return new JsonFacts(List.of(path));
        }
        if (!Files.isDirectory(path)) {
            throw new Failure("--json: expected a file or a folder of ./millrace clean --json, got " + place);
        }
        try (Stream<Path> found = Files.walk(path)) {
            List<Path> files = found.filter(JsonFacts::isLines)
                    .filter(Files::isRegularFile)
                    .sorted()
                    .toList();
            if (files.isEmpty()) {
                throw new Failure("--json: expected files .json, .jsonl or .ndjson in %s, got none".formatted(place));
            }
            return new JsonFacts(files);
        }
    }

    private static boolean isLines(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT).replaceFirst("\\.gz$", "");
        return Stream.of(".json", ".jsonl", ".ndjson").anyMatch(name::endsWith);
    }

    public void read(Consumer<Fact> facts) throws IOException {
        if (files.isEmpty()) {
            read(System.in, facts);
        }
        for (Path file : files) {
            try (InputStream in = Files.newInputStream(file)) {
                read(file.toString().endsWith(".gz") ? new GZIPInputStream(in, 1 << 16) : in, facts);
            }
        }
    }

    private void read(InputStream in, Consumer<Fact> facts) throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8), 1 << 16);
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (!line.isBlank()) {
                read(line, facts);
            }
        }
    }

    private void read(String line, Consumer<Fact> facts) {
        JsonNode page;
        try {
            page = JSON.readTree(line);
        } catch (JsonProcessingException e) {
            unreadable++; // counted, and told at the end
            return;
        }
        switch (page.path("verdict").asText("").toLowerCase(Locale.ROOT)) {
            case "kept" -> facts.accept(kept(page));
            case "dropped" -> facts.accept(dropped(page));
            case "error" -> errors++;
            default -> unreadable++;
        }
    }

    private static Fact.Kept kept(JsonNode page) {
        String text = text(page, "text").isEmpty() ? text(page, "body") : text(page, "text");
        JsonNode quality = page.path("quality_score");
        return new Fact.Kept(
                text(page, "document_id"),
                text(page, "source"),
                text(page, "language"),
                text(page, "licence"),
                !text(page, "title").isEmpty(),
                !text(page, "author").isEmpty(),
                !text(page, "date").isEmpty(),
                text.getBytes(StandardCharsets.UTF_8).length,
                text.length(),
                Fact.words(text),
                quality.isNumber() ? quality.asDouble() : null,
                page.path("masked_spans").isNumber()
                        ? new Fact.Counted(
                                page.path("masked_spans").asInt(),
                                page.path("toxic_words").asInt(),
                                page.path("bias_words").asInt(),
                                page.path("removed_paragraphs").asInt())
                        : null);
    }

    private static Fact.Dropped dropped(JsonNode page) {
        String text = text(page, "text");
        String excerpt = text(page, "excerpt").isEmpty() ? text : text(page, "excerpt");
        return new Fact.Dropped(
                text(page, "source"),
                text(page, "rule"),
                text(page, "value"),
                text(page, "threshold"),
                excerpt.length() > 200 ? excerpt.substring(0, 200) : excerpt,
                text(page, "language"),
                page.path("characters").asInt(text.length()),
                text(page, "duplicate_of"));
    }

    private static String text(JsonNode page, String field) {
        return page.path(field).asText("");
    }

    /// Pages so far that the cleaner could not read.
    public long errors() {
        return errors;
    }

    /// Lines so far that say nothing about a page.
    public long unreadable() {
        return unreadable;
    }
}
