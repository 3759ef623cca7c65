package org.millrace.cleaner.command;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CleanCommandTest {

    private static final String PROSE =
            "The miller opens the gate in the morning, and the water turns the wheel until the evening. He grinds"
                    + " wheat for the bakers of the town and barley for the farmers who live beyond the hill. In winter the"
                    + " pond is frozen. Then the wheel stands still, and his children skate. It has stood there for two hundred years.";

    private static final List<String> KEYS = List.of(
            "source",
            "verdict",
            "rule",
            "value",
            "threshold",
            "title",
            "text",
            "body",
            "language",
            "author",
            "date",
            "licence",
            "canonical_url");

    @TempDir
    Path folder;

    private final ByteArrayOutputStream errors = new ByteArrayOutputStream();
    private final PrintStream err = System.err;

    @BeforeEach
    void capture() {
        System.setErr(new PrintStream(errors, true, UTF_8));
    }

    @AfterEach
    void release() {
        System.setErr(err);
    }

    @Test
    void aKeptPageHasAllItsKeys() throws IOException {
        Path page = Files.writeString(folder.resolve("mill.html"), page("The mill", PROSE));

        Ended ended = clean("--json", page.toString());

        assertThat(ended.code).isZero();
        JsonNode line = ended.only();
        assertThat(line.fieldNames()).toIterable().containsExactlyElementsOf(KEYS);
        assertThat(line.get("source").asText()).isEqualTo(page.toString());
        assertThat(line.get("verdict").asText()).isEqualTo("kept");
        assertThat(line.get("rule").isNull()).isTrue();
        assertThat(line.get("title").asText()).isEqualTo("The mill");
        assertThat(line.get("text").asText()).contains(PROSE);
        assertThat(line.get("body").asText()).contains(PROSE).doesNotContain("Home");
        assertThat(line.get("language").asText()).isEqualTo("en");
    }

    @Test
    void aDroppedPageShowsItsTextAndItsRule() throws IOException {
        Path page = Files.writeString(folder.resolve("short.html"), page("Hut", "The hut stands on the hill."));

        JsonNode line = clean(page.toString()).only();

        assertThat(line.get("verdict").asText()).isEqualTo("dropped");
        assertThat(line.get("rule").asText()).isEqualTo("too-short");
        assertThat(line.get("value").asText()).contains("words");
        assertThat(line.get("threshold").asText()).isEqualTo("at least 30 words");
        assertThat(line.get("title").asText()).isEqualTo("Hut");
        assertThat(line.get("body").asText()).contains("The hut stands on the hill.");
    }

    @Test
    void aFolderIsCleanedInTheOrderOfItsNamesOnAllThreads() throws IOException {
        for (int i = 0; i < 60; i++) {
            String words = (PROSE + " ").repeat(i % 7 == 0 ? 200 : 1);
            Files.writeString(folder.resolve("page%02d.html".formatted(i)), page("Page " + i, words));
        }

        Ended ended = clean("--threads", "4", folder.toString());

        assertThat(ended.lines)
                .extracting(line -> line.get("title").asText())
                .isEqualTo(IntStream.range(0, 60).mapToObj(i -> "Page " + i).toList());
    }

    @Test
    void standardInputIsOnePage() {
        Ended ended = clean(page("The mill", PROSE).getBytes(UTF_8), "-");

        assertThat(ended.only().get("source").asText()).isEqualTo("-");
        assertThat(ended.only().get("verdict").asText()).isEqualTo("kept");
    }

    @Test
    void linesOfJsonAreCleanedEach() {
        String lines = """
                {"url": "https://example.org/a", "html": "<title>A</title><p>%s</p>"}
                {"text": "%s"}
                {"url": "https://example.org/c"}
                {"url": "https://example.org/d", "html": 7
                """.formatted(PROSE, PROSE);

        Ended ended = clean(lines.getBytes(UTF_8), "--input", "jsonl", "-");

        assertThat(ended.code).isEqualTo(1);
        assertThat(ended.lines)
                .extracting(line ->
                        line.get("source").asText() + " " + line.get("verdict").asText())
                .containsExactly("https://example.org/a kept", "-#2 kept", "https://example.org/c error", "- error");
    }

    @Test
    void anArchiveIsCleanedPageByPage() throws IOException {
        String html = page("The mill", PROSE);
        String http = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + html;
        Path archive = Files.writeString(folder.resolve("a.warc"), """
                WARC/1.1\r
                WARC-Type: response\r
                WARC-Target-URI: https://example.org/mill\r
                Content-Type: application/http; msgtype=response\r
                Content-Length: %d\r
                \r
                %s\r
                \r
                WARC/1.1\r
                Content-Length: much\r
                \r
                """.formatted(http.getBytes(UTF_8).length, http));

        Ended ended = clean(archive.toString());

        assertThat(ended.code).isEqualTo(1);
        assertThat(ended.lines).hasSize(2);
        assertThat(ended.lines.get(0).get("source").asText()).isEqualTo("https://example.org/mill");
        assertThat(ended.lines.get(0).get("verdict").asText()).isEqualTo("kept");
        assertThat(ended.lines.get(1).get("source").asText()).isEqualTo(archive + "#2");
        assertThat(ended.lines.get(1).get("error").asText()).contains("Content-Length: expected a number, got much");
    }

    @Test
    void aBadFileCostsNobodyElse() throws IOException {
        Path bad = Files.write(folder.resolve("bad.html.gz"), new byte[] {0x1f, (byte) 0x8b, 8, 0, 1, 2, 3, 4, 5, 6});
        Path good = Files.writeString(folder.resolve("good.html"), page("The mill", PROSE));

        Ended ended = clean(folder.resolve("nowhere").toString(), bad.toString(), good.toString());

        assertThat(ended.code).isEqualTo(1);
        assertThat(ended.lines)
                .extracting(line -> line.get("verdict").asText())
                .containsExactly("error", "error", "kept");
        assertThat(ended.lines.get(0).get("error").asText()).isEqualTo("no such file or folder");
        assertThat(ended.lines.get(1).fieldNames())
                .toIterable()
                .containsAll(KEYS)
                .contains("error");
    }

    @Test
    void aPageThatIsTooLargeIsDroppedByItsRule() throws IOException {
        Path page = Files.writeString(folder.resolve("large.html"), "<p>" + "x".repeat(5 << 20));

        assertThat(clean(page.toString()).only().get("rule").asText()).isEqualTo("too-large");
    }

    @Test
    void plainTextIsShownAlone() {
        byte[] page = page("The mill", PROSE).getBytes(UTF_8);

        assertThat(clean(page, "--body", "-").said).contains(PROSE).doesNotContain("{", "Home");
        assertThat(clean(page, "--text", "-").said).contains(PROSE).doesNotContain("{", "Home");
    }

    @Test
    void outputIsUtf8WhateverTheLocale() throws Exception {
        Path page = Files.writeString(folder.resolve("umlaut.html"), page("Mühle – 水車", PROSE));
        ProcessBuilder builder = new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-XX:TieredStopAtLevel=1",
                "-Dstdout.encoding=US-ASCII",
                "-cp",
                System.getProperty("java.class.path"),
                CleanCommand.class.getName(),
                page.toString());
        builder.environment().put("LC_ALL", "C");
        builder.redirectError(folder.resolve("err").toFile());
        Process process = builder.start();

        byte[] said = process.getInputStream().readAllBytes();

        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(() -> read(folder.resolve("err"))).isZero();
        assertThat(new ObjectMapper().readTree(said).get("title").asText()).isEqualTo("Mühle – 水車");
    }

    @Test
    void settingsCanBeGiven() throws IOException {
        Path page = Files.writeString(folder.resolve("short.html"), page("Hut", "The hut stands on the hill."));

        assertThat(clean("--set", "minimum-words=1000", page.toString())
                        .only()
                        .get("threshold")
                        .asText())
                .isEqualTo("at least 1000 words");
    }

    @Test
    void wrongUsageIsSaid() {
        assertThat(clean().code).isEqualTo(2);
        assertThat(clean("--threads", "0", "-").code).isEqualTo(2);
        assertThat(clean("--set", "minimum-words=few", "-").code).isEqualTo(2);
        assertThat(clean("--set", "no-such-knob=1", "-").code).isEqualTo(2);
        assertThat(clean("--json", "--body", "-").code).isEqualTo(2);
        assertThat(errors.toString(UTF_8))
                .contains("--threads: expected 1 to 256, got 0", "minimum-words", "no-such-knob");
    }

    @Test
    void aReaderWhoGoesAwayEndsIt() throws IOException {
        Path page = Files.writeString(folder.resolve("mill.html"), page("The mill", PROSE));
        OutputStream gone = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
            }
        };

        int code = CleanCommand.execute(new ByteArrayInputStream(new byte[0]), gone, page.toString());

        assertThat(code).isEqualTo(1);
        assertThat(errors.toString(UTF_8)).contains("Broken pipe").doesNotContain("\tat ");
    }

    private static String page(String title, String prose) {
        return """
                <html><head><meta charset="utf-8"><title>%s</title></head>
                <body><nav><a href="/">Home</a></nav><main><h1>%s</h1><p>%s</p></main></body></html>
                """.formatted(title, title, prose);
    }

    private static Ended clean(String... args) {
        return clean(new byte[0], args);
    }

    private static Ended clean(byte[] in, String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int code = CleanCommand.execute(new ByteArrayInputStream(in), out, args);
        return Ended.of(code, out.toString(UTF_8));
    }

    private record Ended(int code, String said, List<JsonNode> lines) {

        static Ended of(int code, String said) {
            List<JsonNode> lines = new ArrayList<>();
            try {
                for (String line : said.startsWith("{") ? said.split("\n") : new String[0]) {
                    lines.add(new ObjectMapper().readTree(line));
                }
            } catch (IOException e) {
                throw new AssertionError(said, e);
            }
            return new Ended(code, said, lines);
        }

        JsonNode only() {
            assertThat(lines).as(said).hasSize(1);
            return lines.getFirst();
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, Charset.forName("ISO-8859-1"));
        } catch (IOException e) {
            return e.toString();
        }
    }
}
