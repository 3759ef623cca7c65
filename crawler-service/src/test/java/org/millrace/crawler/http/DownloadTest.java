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
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.millrace.crawler.web.NormalUrl;

class DownloadTest {

    private static final OkFetcher.TimeLimits LIMITS =
            new OkFetcher.TimeLimits(Duration.ofSeconds(2), Duration.ofSeconds(2), Duration.ofSeconds(3));

    private final byte[] file = new byte[300_000];
    private final List<String> ranges = new CopyOnWriteArrayList<>();
    private HttpServer server;
    private final Queue<String> busy = new ConcurrentLinkedQueue<>();
    private final List<Duration> pauses = new ArrayList<>();
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
        busy.addAll(List.of("", "7", "864000"));

        try (InputStream in = open("/file")) {
            assertThat(in.readAllBytes()).isEqualTo(file);
        }

        assertThat(ranges).hasSize(4);
        assertThat(pauses)
                .as("half a second without a word, what is asked for, and never more than ten minutes")
                .containsExactly(Duration.ofMillis(500), Duration.ofSeconds(7), Duration.ofMinutes(10));
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

        assertThatThrownBy(() -> Download.of(url, "millrace/test", new Reach(false, Reach.WEB), LIMITS, pauses::add))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("refused");
        assertThat(pauses).isEmpty();
    }

    private InputStream open(String path) throws IOException {
        return Download.of(url(path), "millrace/test", new Reach(true, Reach.WEB), LIMITS, pauses::add);
    }

    private NormalUrl url(String path) {
        return NormalUrl.of("http://127.0.0.1:" + server.getAddress().getPort() + path)
                .orElseThrow();
    }

    /// Sends a third and hangs up, as often as it is asked.
    private void answer(HttpExchange exchange) throws IOException {
        @Nullable String range = exchange.getRequestHeaders().getFirst("Range");
        ranges.add(range == null ? "" : range);
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
            boolean same = etag.equals(exchange.getRequestHeaders().getFirst("If-Range"));
            int from = range == null || !same ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
            exchange.getResponseHeaders().add("ETag", etag);
            exchange.sendResponseHeaders(from == 0 ? 200 : 206, file.length - from);
            int count = breaks ? Math.min(100_000, file.length - from) : file.length - from;
            exchange.getResponseBody().write(file, from, count);
            exchange.getResponseBody().flush();
        }
    }
}
