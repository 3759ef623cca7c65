package org.millrace.tokenizer.command;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/// The documents of files, one after the other: a file is one, and in `.jsonl` each line is, by its `text`; both may
/// be gzipped. Lines of `./millrace clean --json` that were not kept are none. Folders are gone through in the order of
/// their names, `-` is standard input.
final class Texts {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MOST = 1_000_000_000;
    private static final byte[] REPLACEMENT = "\uFFFD".getBytes(UTF_8);

    private Texts() {}

    /// Takes one document, or whatever else a line is.
    interface Taker {

        /// @param text UTF-8, or whatever the file holds
        void take(byte[] text) throws IOException;

        /// A line with `messages` and no `text`, which only some take.
        default void take(Path file, int line, JsonNode conversation) throws IOException {
            throw new IOException("%s: line %d: text: expected a text, got none".formatted(file, line));
        }
    }

    /// @param in what `-` stands for
    /// @throws IOException naming the file, and the line of one that is no JSON
    static void each(List<String> names, InputStream in, Taker taker) throws IOException {
        for (String name : names) {
            if (name.equals("-")) {
                taker.take(whole(Path.of(name), in));
                continue;
            }
            Path path = Path.of(name);
            List<Path> files = List.of(path);
            if (Files.isDirectory(path)) {
                files = filesIn(path);
            }
            for (Path file : files) {
                each(file, taker);
            }
        }
    }

    private static List<Path> filesIn(Path folder) throws IOException {
        try (Stream<Path> walk = Files.walk(folder)) {
            return walk.filter(Files::isRegularFile).sorted().toList();
        } catch (UncheckedIOException e) { // a folder within that may not be read
            throw e.getCause();
        }
    }

    private static void each(Path file, Taker taker) throws IOException {
        String name = file.toString();
        try (InputStream raw = Files.newInputStream(file);
                InputStream bytes = name.endsWith(".gz") ? new GZIPInputStream(raw) : raw) {
            if (name.endsWith(".jsonl") || name.endsWith(".jsonl.gz")) {
                lines(file, bytes, taker);
            } else {
                taker.take(whole(file, bytes));
            }
        } catch (EOFException | ZipException e) {
            throw new IOException("%s: expected a whole gzip file: %s".formatted(file, e.getMessage()), e);
        }
    }

    private static byte[] whole(Path file, InputStream bytes) throws IOException {
        byte[] text = bytes.readNBytes(MOST + 1);
        if (text.length > MOST) {
            throw new IOException("%s: expected a document of at most %,d bytes, got more: cut it, or use .jsonl"
                    .formatted(file, MOST));
        }
        return text;
    }

    /// Lines are found as bytes, so that one that is no UTF-8 can be named.
    private static void lines(Path file, InputStream bytes, Taker taker) throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(bytes, ISO_8859_1));
        int number = 0;
        for (@Nullable String line = lines.readLine(); line != null; line = lines.readLine()) {
            number++;
            JsonNode document = line.isBlank() ? JSON.nullNode() : json(file, number, line);
            if (document.isNull() || !document.path("verdict").asText("kept").equals("kept")) {
                continue;
            }
            if (document.has("messages") && !document.has("text")) {
                taker.take(file, number, document);
            } else {
                taker.take(utf8(text(file, number, document)));
            }
        }
    }

    private static JsonNode json(Path file, int number, String line) throws IOException {
        try {
            return JSON.readTree(UTF_8.newDecoder()
                    .decode(ByteBuffer.wrap(line.getBytes(ISO_8859_1)))
                    .toString());
        } catch (CharacterCodingException e) {
            throw new IOException("%s: line %d: expected UTF-8, got other bytes".formatted(file, number), e);
        } catch (JsonProcessingException e) {
            throw new IOException(
                    "%s: line %d: expected a JSON object: %s".formatted(file, number, e.getOriginalMessage()), e);
        }
    }

    private static String text(Path file, int number, JsonNode document) throws IOException {
        JsonNode text = document.path("text");
        if (text.isTextual()) {
            return text.textValue();
        }
        throw new IOException("%s: line %d: text: expected a text, got none".formatted(file, number));
    }

    /// JSON can name half of a surrogate pair, which is U+FFFD as in [org.millrace.bpe.Tokenizer].
    private static byte[] utf8(String text) throws CharacterCodingException {
        ByteBuffer bytes = UTF_8.newEncoder()
                .onMalformedInput(CodingErrorAction.REPLACE)
                .replaceWith(REPLACEMENT)
                .encode(CharBuffer.wrap(text));
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        return copy;
    }
}
