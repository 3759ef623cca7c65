package org.millrace.cleaner.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.millrace.archives.Bounds;
import org.millrace.archives.Capture;
import org.millrace.archives.Captures;
import org.millrace.archives.Fault;
import org.millrace.cleaner.Page;

/// Pages out of what the command line names, in its order. Reads one at a time, however many there are.
final class Inputs {

    /// One byte more than a page may have, so that the cleaner sees that it is too large.
    private static final Bounds BOUNDS = new Bounds(Page.MAX_BODY_BYTES + 1, Bounds.HEAD);

    private static final ObjectMapper JSON = new ObjectMapper();

    private final InputStream in;
    private final Kind kind;

    /// How what is read is to be understood.
    enum Kind {
        /// Archives by what they hold, other files by their names.
        AUTO,
        HTML,
        TEXT,
        /// Lines of JSON objects with `html` or `text`, and `url` if it is known.
        JSONL
    }

    /// @param in what `-` stands for
    Inputs(InputStream in, Kind kind) {
        this.in = in;
        this.kind = kind;
    }

    /// @param name a file, a folder, or `-`
    void read(String name, Consumer<Input> inputs) {
        try {
            if (kind == Kind.JSONL) {
                readLines(name, inputs);
            } else if (name.equals("-")) {
                inputs.accept(page());
            } else {
                readFiles(Path.of(name), inputs);
            }
        } catch (NoSuchFileException e) {
            inputs.accept(new Input.Unreadable(name, "no such file or folder"));
        } catch (IOException e) {
            inputs.accept(new Input.Unreadable(name, e.toString()));
        }
    }

    private Input page() throws IOException {
        byte[] body = in.readNBytes(BOUNDS.maxBody());
        return new Input.Given("-", new Page("", kind == Kind.TEXT ? "text/plain" : "text/html", body));
    }

    private void readFiles(Path path, Consumer<Input> inputs) throws IOException {
        Deque<Fault> faults = new ArrayDeque<>();
        try (Captures captures = Captures.of(path, BOUNDS, faults::add)) {
            for (Optional<Capture> next = captures.next(); ; next = captures.next()) {
                for (Fault fault = faults.poll(); fault != null; fault = faults.poll()) {
                    inputs.accept(input(fault));
                }
                if (next.isEmpty()) {
                    return;
                }
                inputs.accept(input(next.get()));
            }
        }
    }

    private Input input(Capture capture) {
        boolean file = !capture.path().isEmpty();
        String contentType =
                switch (kind) {
                    case HTML -> file ? "text/html" : capture.contentType();
                    case TEXT -> file ? "text/plain" : capture.contentType();
                    case AUTO, JSONL -> capture.contentType();
                };
        return new Input.Given(
                file ? capture.source() : capture.url(), new Page(capture.url(), contentType, capture.body()));
    }

    private static Input input(Fault fault) {
        return switch (fault.kind()) {
            case TOO_LONG -> new Input.TooLarge(fault.source());
            case BROKEN, TRUNCATED -> new Input.Unreadable(fault.source(), fault.why());
        };
    }

    private void readLines(String name, Consumer<Input> inputs) throws IOException {
        try (InputStream lines = new BufferedInputStream(name.equals("-") ? in : Files.newInputStream(Path.of(name)));
                MappingIterator<JsonNode> objects =
                        JSON.readerFor(JsonNode.class).readValues(lines)) {
            for (int number = 1; objects.hasNextValue(); number++) {
                inputs.accept(line(name + "#" + number, objects.nextValue()));
            }
        } catch (JsonProcessingException e) {
            inputs.accept(new Input.Unreadable(name, "no JSON: " + e.getOriginalMessage()));
        }
    }

    private static Input line(String source, JsonNode line) {
        String url = line.path("url").asText("");
        String html = text(line, "html");
        String text = text(line, "text");
        if (html == null && text == null) {
            return new Input.Unreadable(
                    url.isEmpty() ? source : url, "expected a JSON object with \"html\" or \"text\"");
        }
        String body = html == null ? String.valueOf(text) : html;
        return new Input.Given(
                url.isEmpty() ? source : url,
                new Page(
                        url,
                        (html == null ? "text/plain" : "text/html") + "; charset=utf-8",
                        body.getBytes(StandardCharsets.UTF_8)));
    }

    private static @Nullable String text(JsonNode line, String field) {
        return line.path(field).isTextual() ? line.get(field).asText() : null;
    }
}
