package org.millrace.crawler.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.crawler.web.NormalUrl;

class DownloadTest {

    private static final OkFetcher.TimeLimits LIMITS =
            new OkFetcher.TimeLimits(Duration.ofSeconds(2), Duration.ofSeconds(2), Duration.ofSeconds(3));

    private final byte[] file = new byte[300_000];
    private final List<String> ranges = new CopyOnWriteArrayList<>();
    private HttpServer server;
    private final Queue<String> busy = new ConcurrentLinkedQueue<>();
    private final List<Duration> pauses = new ArrayList<>();
    private final AtomicLong nanos = new AtomicLong();
    private Duration between = Duration.ZERO;
    private String range = "bytes %d-299999/300000";
    private boolean breaks;
    private String etag = "\"1\"";

    @BeforeEach
    void start() throws IOException {
        new Random(5).nextBytes(file);
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void aConnectionThatBreaksIsMadeAgainForTheRest() throws IOException {
        breaks = true;

        try (InputStream in = open("/file")) {
            assertThat(in.readAllBytes()).isEqualTo(file);
        }

        assertThat(ranges).startsWith("", "bytes=100000-", "bytes=200000-");
    }

    @Test
    void aFileThatChangedMeanwhileIsNotPutTogether() {
        breaks = true;

        assertThatThrownBy(() -> {
                    try (InputStream in = open("/file")) {
                        in.readNBytes(1000);
                        etag = "\"2\"";
                        in.readAllBytes();
                    }
                })
                .isInstanceOf(IOException.class)
                .hasMessageContaining("expected status 206, got 200");
    }

    @ParameterizedTest
    @ValueSource(strings = {"bytes %d-299999/300001", "bytes 7-299999/300000", "bytes %d-299999/*", ""})
    void withoutAStrongVersionTheNumbersTellThatTheFileIsTheSame(String other) throws IOException {
        breaks = true;
        etag = "W/\"1\"";
        try (InputStream in = open("/file")) {
            assertThat(in.readAllBytes()).isEqualTo(file);
        }
        range = other;

        assertThatThrownBy(() -> {
                    try (InputStream in = open("/file")) {
                        in.readAllBytes();
                    }
                })
                .isInstanceOf(IOException.class)
                .hasMessageContaining("/file: expected the bytes from 100000 of 300000, got");
    }

    @Test
    void anHourWithoutAMegabyteIsTheEnd() throws IOException {
        try (InputStream in = open("/file")) {
            assertThat(in.read()).isEqualTo(file[0] & 0xff);
            nanos.addAndGet(Duration.ofHours(5).toNanos()); // of whoever reads
            assertThat(in.read()).isEqualTo(file[1] & 0xff);

            between = Duration.ofMinutes(31);
            assertThat(in.read()).isEqualTo(file[2] & 0xff);
            assertThatThrownBy(in::read)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("/file: expected at least 1048576 bytes in PT1H, got 4");
        }
    }

    @Test
    void anAnswerThatMakesNoSenseIsRefusedAtOnce() throws IOException {
        try (TcpServer odd =
                TcpServer.start((_, out) -> TcpServer.say(out, "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"))) {
            assertThatThrownBy(() -> open(odd.url("/file")))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("the answer is no HTTP: content length: expected at least 0");
        }
        assertThat(pauses).isEmpty();
    }

    @Test
    void whatIsNotThereIsSaidAtOnce() {
        assertThatThrownBy(() -> open("/gone"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("/gone: expected status 200, got 404");
        assertThat(ranges).hasSize(1);
    }

    @Test
    void privateAddressesAreRefusedAlsoBehindARedirect() {
        NormalUrl url = url("/file");

        assertThatThrownBy(() -> Download.of(url, "millrace/test", new Reach(false, Reach.WEB), LIMITS))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("refused");
        assertThat(ranges).isEmpty();
    }

    @Test
    void aServerThatIsBusyAtFirstIsAskedAgainWhenItSaid() throws IOException {
        busy.addAll(List.of("", "7", "864000", "99999999999"));

        try (InputStream in = open("/file")) {
            assertThat(in.readAllBytes()).isEqualTo(file);
        }

        assertThat(ranges).hasSize(5);
        assertThat(pauses)
                .as("half a second without a word, what is asked for, and never more than ten minutes")
                .containsExactly(
                        Duration.ofMillis(500), Duration.ofSeconds(7), Duration.ofMinutes(10), Duration.ofMinutes(10));
    }

    @Test
    void aServerThatStaysBusyIsGivenUpAfterSixTries() {
        busy.addAll(List.of("", "", "", "", "", "", ""));

        assertThatThrownBy(() -> open("/file"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("expected status 200, got 503");
        assertThat(ranges).hasSize(6);
    }

    @Test
    void aPortThatIsNotOfTheWebIsNeverConnectedTo() {
        NormalUrl url = NormalUrl.of("http://192.0.2.1:6379/").orElseThrow(); // nobody answers there

        assertThatThrownBy(() ->
                        Download.of(url, "millrace/test", new Reach(false, Reach.WEB), LIMITS, pauses::add, nanos::get))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("refused");
        assertThat(pauses).isEmpty();
    }

    private InputStream open(String path) throws IOException {
        return open(url(path));
    }

    /// Each look at the clock is later than the one before by what is set.
    private InputStream open(NormalUrl url) throws IOException {
        return Download.of(
                url,
                "millrace/test",
                new Reach(true, Reach.WEB),
                LIMITS,
                pauses::add,
                () -> nanos.addAndGet(between.toNanos()));
    }

    private NormalUrl url(String path) {
        return NormalUrl.of("http://127.0.0.1:" + server.getAddress().getPort() + path)
                .orElseThrow();
    }

    /// Sends a third and hangs up, as often as it is asked.
    private void answer(HttpExchange exchange) throws IOException {
        @Nullable String wanted = exchange.getRequestHeaders().getFirst("Range");
        ranges.add(wanted == null ? "" : wanted);
        try (exchange) {
            String retryAfter = busy.poll();
            if (retryAfter != null) {
                exchange.getResponseHeaders().add("Retry-After", retryAfter);
                exchange.sendResponseHeaders(503, -1);
                return;
            }
            if (exchange.getRequestURI().getPath().equals("/gone")) {
                exchange.sendResponseHeaders(404, -1);
                return;
            }
            @Nullable String version = exchange.getRequestHeaders().getFirst("If-Range");
            boolean same = version == null || version.equals(etag);
            int from = wanted == null || !same ? 0 : Integer.parseInt(wanted.replaceAll("\\D", ""));
            if (from > 0 && !range.isEmpty()) {
                exchange.getResponseHeaders().add("Content-Range", range.formatted(from));
            }
            exchange.getResponseHeaders().add("ETag", etag);
            exchange.sendResponseHeaders(from == 0 ? 200 : 206, file.length - from);
            int count = breaks ? Math.min(100_000, file.length - from) : file.length - from;
            exchange.getResponseBody().write(file, from, count);
            exchange.getResponseBody().flush();
        }
    }
}
