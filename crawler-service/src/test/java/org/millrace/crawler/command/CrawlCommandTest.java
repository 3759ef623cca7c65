package org.millrace.crawler.command;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.millrace.archives.Bounds;
import org.millrace.archives.Capture;
import org.millrace.archives.Captures;
import org.millrace.crawler.HandClock;
import org.millrace.crawler.manners.Manners;
import org.millrace.crawler.warc.WarcFiles;
import org.millrace.crawler.web.Room;
import org.millrace.testkit.FixtureSite;
import org.millrace.testkit.FixtureSite.Response;

class CrawlCommandTest {

    private static final int PAGES = 40;

    @TempDir
    Path folder;

    private final List<Process> started = new ArrayList<>();
    private FixtureSite site;
    private Path out;

    @BeforeEach
    void site() throws IOException {
        out = folder.resolve("out");
        site = FixtureSite.start();
        for (int i = 0; i < PAGES; i++) {
            String links = "<a href='/page/%d'>on</a> <a href='/page/%d'>and on</a>"
                    .formatted((2 * i + 1) % PAGES, (2 * i + 2) % PAGES);
            site.answer("/page/" + i, Response.html("<p>Page %d</p>%s".formatted(i, links)));
        }
        site.answer("/", Response.redirect("/page/0"));
    }

    @AfterEach
    void end() {
        started.forEach(Process::destroyForcibly);
        site.close();
    }

    @Test
    void aSiteBecomesWarcFilesAndASummary() throws IOException {
        Ended ended = crawl(site.url("/"), "--out", out.toString(), "--allow-private", "--delay", "0");

        assertThat(ended.code).as(ended.said).isZero();
        assertThat(captured()).hasSize(PAGES).doesNotHaveDuplicates().contains(site.url("/page/39"));
        JsonNode line = ended.lastLine();
        assertThat(line.get("ended").asText()).isEqualTo("complete");
        assertThat(line.get("fetched").asInt()).isEqualTo(PAGES);
        assertThat(line.get("redirected").asInt()).isEqualTo(1);
        assertThat(line.get("queued").asInt()).isZero();
        assertThat(line.get("warc_files").asInt()).isEqualTo(1);
        assertThat(ended.said).contains("Complete after", "fetched              40");
    }

    @Test
    void aFolderIsOfOneCrawlWhichIsGoneOnWith() throws IOException {
        Ended first =
                crawl(site.url("/"), "--out", out.toString(), "--allow-private", "--delay", "0", "--max-pages", "7");
        assertThat(first.code).isZero();
        assertThat(first.lastLine().get("ended").asText()).isEqualTo("max-pages");
        assertThat(captured()).hasSize(7);

        Ended again = crawl(site.url("/"), "--out", out.toString());
        assertThat(again.code).isEqualTo(2);
        assertThat(again.said).contains("which holds a crawl; go on with it by --resume");

        Ended rest = crawl("--resume", "--out", out.toString(), "--max-pages", "1000");
        assertThat(rest.code).as(rest.said).isZero();
        assertThat(rest.lastLine().get("fetched").asInt()).isEqualTo(PAGES);
        assertThat(captured()).hasSize(PAGES).doesNotHaveDuplicates();

        int requests = site.requests().size();
        assertThat(crawl("--resume", "--out", out.toString()).code).isZero();
        assertThat(site.requests()).as("a finished crawl asks for nothing").hasSize(requests);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --parallel           | 0        | --parallel: expected 1 to 10,000, got 0
            --parallel           | 10001    | --parallel: expected 1 to 10,000, got 10001
            --depth              | 0        | --depth: expected 1 to 1,000, got 0
            --depth              | 1001     | --depth: expected 1 to 1,000, got 1001
            --max-pages-per-host | -1       | --max-pages-per-host: expected 1 to 10,000,000, got -1
            --max-pages          | 0        | --max-pages: expected at least 1, got 0
            --warc-bytes         | 0        | --warc-bytes: expected at least 1, got 0
            --agent              | a robot  | --agent: expected [A-Za-z_-]{1,64}, got 'a robot'
            --delay              | -1s      | expected a duration such as 500ms, 1s, 10m or 2h, got '-1s'
            """)
    void aValueBeyondItsBoundsIsWrongUsage(String option, String value, String said) throws IOException {
        Ended ended = crawl(site.url("/"), "--out", out.toString(), "--allow-private", option, value);

        assertThat(ended.code).isEqualTo(2);
        assertThat(ended.said).contains(said);
        assertThat(out).doesNotExist();
    }

    @Test
    void aKilledCrawlIsGoneOnWithAndEachPageIsThereOnce() throws Exception {
        String[] arguments = {site.url("/"), "--out", out.toString(), "--allow-private", "--delay", "15ms"};
        for (int kill = 1; kill <= 3; kill++) {
            Process process = start(arguments);
            int enough = kill * 10;
            await().atMost(Duration.ofSeconds(30))
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> site.requests().size() >= enough || !process.isAlive());
            process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
            arguments = new String[] {"--resume", "--out", out.toString()};
        }

        Ended ended = crawl("--resume", "--out", out.toString());

        assertThat(ended.code).as(ended.said).isZero();
        assertThat(captured()).hasSize(PAGES).doesNotHaveDuplicates();
        assertThat(site.mostInFlight()).isEqualTo(1);
    }

    @Test
    void whoStopsItGetsWhatWasFetchedAndTheSummary() throws Exception {
        Process process = start(site.url("/"), "--out", out.toString(), "--allow-private", "--delay", "200ms");
        await().atMost(Duration.ofSeconds(30)).until(() -> site.count("/page/2") > 0);

        process.destroy();

        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        String said = Files.readString(folder.resolve("said"));
        assertThat(said).contains("Stopped; --resume goes on", "\"ended\":\"stopped\"");
        assertThat(captured()).isNotEmpty().hasSizeLessThan(PAGES);
    }

    @Test
    void nothingFetchedIsAFailureThatSaysWhy() throws IOException {
        Ended refused = crawl("http://127.0.0.1/", "--out", out.toString(), "--contact", "https://example.org/bot");

        assertThat(refused.code).isEqualTo(1);
        assertThat(refused.said).contains("http://127.0.0.1/: ", "refused, not a public address");
        assertThat(refused.lastLine().get("failed").asInt()
                        + refused.lastLine().get("disallowed").asInt())
                .isEqualTo(1);
    }

    @Test
    void wrongUsageNamesArgumentExpectationAndWhatCame() throws IOException {
        String to = out.toString();

        assertThat(wrong("--out", to)).contains("SEED: expected at least one URL");
        assertThat(wrong("example.org", "--out", to))
                .contains("SEED: expected an absolute http or https URL, got 'example.org'");
        assertThat(wrong("https://example.org/")).contains("--out");
        assertThat(wrong("https://example.org/", "--out", to, "--delay", "soon"))
                .contains("--delay", "expected a duration such as 500ms, 1s, 10m or 2h, got 'soon'");
        assertThat(wrong("https://example.org/", "--out", to, "--depth", "0")).contains("depth");
        assertThat(wrong("https://example.org/", "--out", to, "--max-pages", "0"))
                .contains("--max-pages: expected at least 1, got 0");
        assertThat(wrong("https://example.org/", "--out", to, "--block", "a b"))
                .contains("--block[0]: expected a domain");
        assertThat(wrong("https://example.org/", "--out", to, "--stay-on", "a/b"))
                .contains("--stay-on: expected a host");
        assertThat(wrong("--resume", "--out", to)).contains("--resume: expected a folder with a crawl");
        assertThat(out).doesNotExist();
    }

    @Test
    void archivesAreCopiedThroughTheSameOutput() throws IOException {
        crawl(site.url("/"), "--out", out.toString(), "--allow-private", "--delay", "0");
        List<String> live = captured();
        Path pages = Files.createDirectories(folder.resolve("pages"));
        Files.writeString(pages.resolve("a.html"), "<p>A page in a folder</p>");
        Path copy = folder.resolve("copy");

        Ended ended =
                crawl("--warc", out.resolve("warc").toString(), "--folder", pages.toString(), "--out", copy.toString());

        assertThat(ended.code).as(ended.said).isZero();
        assertThat(ended.lastLine().get("copied").asInt()).isEqualTo(PAGES + 1);
        out = copy;
        live.add(pages.resolve("a.html").toUri().toString());
        assertThat(captured()).isEqualTo(live);

        assertThat(wrong("--resume", "--out", copy.toString(), "--folder", "more"))
                .contains("--warc, --folder: expected none with --resume, got [more]");
        Ended again = crawl("--resume", "--out", copy.toString());
        assertThat(again.lastLine().get("copied").asInt()).isZero();
        assertThat(captured()).isEqualTo(live);
    }

    @Test
    void pagesOfAnArchiveThatAskNotToBeKeptAreLeftOut() throws IOException {
        Path archive = folder.resolve("others.warc");
        Files.writeString(
                archive,
                page("/kept", "", "<p>words</p>")
                        + page("/header", "X-Robots-Tag: noai\r\n", "<p>words</p>")
                        + page("/expired", "X-Robots-Tag: unavailable_after: 2026-02-01\r\n", "<p>words</p>")
                        + page("/reserved", "tdm-reservation: 1\r\n", "<p>words</p>")
                        + page("/meta", "", "<meta name=robots content=noindex><p>words</p>"));

        Ended ended = crawl("--warc", archive.toString(), "--out", out.toString());

        assertThat(ended.code).as(ended.said).isZero();
        assertThat(captured()).containsExactly("https://example.org/kept");
        assertThat(ended.lastLine().get("copied").asInt()).isEqualTo(1);
        assertThat(ended.said).contains("4 ask not to be kept");
    }

    @Test
    void pagesOfAFolderThatAskNotToBeKeptAreLeftOutToo() throws IOException {
        Path pages = Files.createDirectories(folder.resolve("pages"));
        Files.writeString(pages.resolve("a.html"), "<p>words</p>");
        Files.writeString(pages.resolve("b.html"), "<meta name=robots content=noindex><p>words</p>");

        Ended ended = crawl("--folder", pages.toString(), "--out", out.toString());

        assertThat(ended.code).as(ended.said).isZero();
        assertThat(captured()).containsExactly(pages.resolve("a.html").toUri().toString());
        assertThat(ended.said).contains("1 ask not to be kept");
    }

    @Test
    void aPageOfAnArchiveThatTakesTooMuchMemoryIsTooLong() throws Exception {
        Path archive = folder.resolve("others.warc");
        Files.writeString(archive, page("/deep", "", "<b>".repeat(20_000)) + page("/a", "", "<p>words</p>"));
        try (CrawlFolder opened = CrawlFolder.open(out, List.of());
                WarcFiles files = WarcFiles.open(opened.warc(), "test", 1 << 20, Map.of(), new HandClock());
                Stop stop = new Stop()) {
            ArchiveCopy copy = new ArchiveCopy(
                    opened,
                    files,
                    name -> Captures.of(Path.of(name), new Bounds(1 << 20, Bounds.HEAD)),
                    Manners.of("millrace"),
                    new Room(0, 1 << 20, 2 << 20, Duration.ZERO),
                    new HandClock());

            assertThat(copy.run(List.of(archive.toString()), stop, () -> {})).isTrue();

            assertThat(copy.tally().tooLong()).isEqualTo(1);
            assertThat(copy.tally().captures()).isEqualTo(1);
        }
        assertThat(captured()).containsExactly("https://example.org/a");
    }

    /// Captured in January 2026.
    private static String page(String path, String headers, String html) {
        String http = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n%s\r\n%s".formatted(headers, html);
        return "WARC/1.1\r\nWARC-Type: response\r\nWARC-Target-URI: https://example.org%s\r\n".formatted(path)
                + "WARC-Date: 2026-01-02T03:04:05Z\r\nContent-Type: application/http; msgtype=response\r\n"
                + "Content-Length: %d\r\n\r\n%s\r\n\r\n".formatted(http.length(), http);
    }

    @Test
    void anArchiveWithoutPagesIsNoHindrance() throws IOException {
        Path empty = Files.createDirectories(folder.resolve("empty"));

        Ended ended = crawl(
                site.url("/"),
                "--folder",
                empty.toString(),
                "--out",
                out.toString(),
                "--allow-private",
                "--delay",
                "0");

        assertThat(ended.code).as(ended.said).isZero();
        assertThat(captured()).hasSize(PAGES);
        assertThat(crawl("--resume", "--out", out.toString()).said).doesNotContain("damaged");
    }

    @Test
    void anArchiveThatIsNotThereIsNamed() throws IOException {
        Ended ended = crawl("--warc", folder.resolve("nowhere.warc.gz").toString(), "--out", out.toString());

        assertThat(ended.code).isEqualTo(1);
        assertThat(ended.said).contains("nowhere.warc.gz").doesNotContain("\tat ");
    }

    private String wrong(String... arguments) throws IOException {
        Ended ended = crawl(arguments);
        assertThat(ended.code).as(ended.said).isEqualTo(2);
        return ended.said;
    }

    private List<String> captured() throws IOException {
        List<String> urls = new ArrayList<>();
        try (Captures captures = Captures.of(out.resolve("warc"), new Bounds(1 << 20, Bounds.HEAD))) {
            for (Optional<Capture> next = captures.next(); next.isPresent(); next = captures.next()) {
                urls.add(next.get().url());
            }
            assertThat(captures.tally().isDamaged()).isFalse();
        }
        return urls;
    }

    private static Ended crawl(String... arguments) {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        PrintStream to = new PrintStream(said, true, UTF_8);
        return new Ended(CrawlCommand.execute(to, to, arguments), said.toString(UTF_8));
    }

    private Process start(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                CrawlCommand.class.getName()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(folder.resolve("said").toFile()))
                .start();
        started.add(process);
        return process;
    }

    private record Ended(int code, String said) {

        JsonNode lastLine() throws IOException {
            return new ObjectMapper()
                    .readTree(said.strip().substring(said.strip().lastIndexOf('\n') + 1));
        }
    }
}
