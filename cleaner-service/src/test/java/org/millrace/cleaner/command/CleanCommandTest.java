package org.millrace.cleaner.command;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class CleanCommandTest {

    private static final String PROSE =
            "The miller opens the gate in the morning, and the water turns the wheel until the evening. He grinds"
                    + " wheat for the bakers of the town and barley for the farmers who live beyond the hill. In winter the"
                    + " pond is frozen. Then the wheel stands still, and his children skate. It has stood there for two hundred years.";

    private static final String SALT =
            "Salt was carried over the pass on mules by men who knew each stone of the way, and it was sold by the bowl."
                    + " Whoever had none in autumn could not keep his meat until spring. The last caravan went in the year"
                    + " in which the railway came, and the path has been empty since then. Grass grows on it now. The bowls are in the museum.";

    private static final String BEES =
            "Bees keep their house warm in winter, although it is cold outside. They sit close together in a ball, move"
                    + " their wings a little, and change places, so that each of them is inside for a time. In spring"
                    + " they fly out again and look for the first flowers of the meadow. The keeper leaves them alone. He opens the house in May.";

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
            "canonical_url",
            "document_id",
            "language_score",
            "masked_spans",
            "quality_score",
            "toxic_words",
            "bias_words",
            "removed_paragraphs",
            "duplicate_of");

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
    void whatTheReportCountsIsInTheLine() throws IOException {
        Path page = Files.writeString(
                folder.resolve("mill.html"), page("The mill", PROSE + " Write to the idiot jane@doe-mill.org again."));

        JsonNode line = clean(page.toString()).only();

        assertThat(line.get("text").asText()).endsWith("Write to the idiot [email] again.");
        assertThat(line.get("body").asText()).endsWith("Write to the idiot jane@doe-mill.org again.");
        assertThat(line.get("document_id").asText())
                .isEqualTo(sha256(line.get("text").asText()));
        assertThat(line.get("language_score").asDouble()).isBetween(0.9, 1.0);
        assertThat(line.get("masked_spans").asInt()).isEqualTo(1);
        assertThat(line.get("toxic_words").asInt()).isEqualTo(1);
        assertThat(line.get("bias_words").asInt()).isZero();
        assertThat(line.get("quality_score").isNull()).isTrue();
    }

    /// Copies, near copies and footers in six pages, given in two orders.
    @Test
    void duplicatesAreThoseOfAllPagesInWhateverOrder() throws IOException {
        String footer = "</p>\n<p>Ask the keeper of this site for the key to the archive.</p>";
        Map<String, String> pages = Map.of(
                "https://a.example/1", PROSE + footer,
                "https://a.example/2", SALT + footer,
                "https://a.example/3", BEES + footer,
                "https://b.example/z", PROSE.replace("two hundred", "many") + footer,
                "https://b.example/copy", SALT + footer,
                "https://c.example/short", "The hut stands on the hill.");
        List<String> urls = new ArrayList<>(new TreeSet<>(pages.keySet()));

        SortedMap<String, String> inOrder = deduplicated(urls, pages);
        SortedMap<String, String> reversed = deduplicated(urls.reversed(), pages);

        assertThat(reversed).isEqualTo(inOrder);
        assertThat(inOrder.values())
                .extracting(said -> said.split(" ", 3)[0] + " " + said.split(" ", 3)[1])
                .containsExactly(
                        "kept null",
                        "kept null",
                        "kept null",
                        "dropped exact-duplicate",
                        "dropped near-duplicate",
                        "dropped too-short");
        String second = inOrder.get("https://a.example/2");
        assertThat(second).contains("sold by the bowl").doesNotContain("archive");
        assertThat(inOrder.get("https://b.example/copy"))
                .contains("duplicate_of=" + sha256(SALT))
                .contains("archive");
    }

    private static SortedMap<String, String> deduplicated(List<String> urls, Map<String, String> pages) {
        ObjectMapper json = new ObjectMapper();
        StringBuilder in = new StringBuilder();
        for (String url : urls) {
            in.append(json.createObjectNode()
                            .put("url", url)
                            .put("html", "<title>A page</title><h1>A page</h1><p>" + pages.get(url)))
                    .append('\n');
        }
        Ended ended = clean(in.toString().getBytes(UTF_8), "--duplicates", "--input", "jsonl", "-");
        assertThat(ended.lines).extracting(line -> line.get("source").asText()).isEqualTo(urls);
        SortedMap<String, String> said = new TreeMap<>();
        for (JsonNode line : ended.lines) {
            said.put(
                    line.get("source").asText(),
                    "%s %s %s removed=%d id=%s duplicate_of=%s %s"
                            .formatted(
                                    line.get("verdict").asText(),
                                    line.get("rule").asText(),
                                    line.get("threshold").asText(),
                                    line.get("removed_paragraphs").asInt(),
                                    line.get("document_id").asText(),
                                    line.get("duplicate_of").asText(),
                                    line.get("text").asText()));
        }
        return said;
    }

    /// The reader of a slow pipe sees each page before the next one is sent.
    @Test
    @Timeout(60)
    void aLineComesOutBeforeTheNextPageGoesIn() throws Exception {
        PipedOutputStream pages = new PipedOutputStream();
        PipedInputStream in = new PipedInputStream(pages);
        PipedInputStream said = new PipedInputStream();
        PipedOutputStream out = new PipedOutputStream(said);
        Thread command = Thread.ofPlatform()
                .start(() -> CleanCommand.execute(in, out, "--input", "jsonl", "--threads", "2", "-"));
        BufferedReader lines = new BufferedReader(new InputStreamReader(said, UTF_8));
        for (int i = 0; i < 3; i++) {
            pages.write("{\"url\": \"https://example.org/%d\", \"text\": \"%s\"}\n"
                    .formatted(i, PROSE)
                    .getBytes(UTF_8));
            pages.flush();

            assertThat(lines.readLine()).contains("https://example.org/" + i, "kept");
        }
        pages.close();
        command.join();
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

    private static String sha256(String text) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
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
