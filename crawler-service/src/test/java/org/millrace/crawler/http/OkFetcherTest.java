package org.millrace.crawler.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.crawler.Fetch;
import org.millrace.crawler.Fetcher.Wanted;
import org.millrace.crawler.NormalUrl;
import org.millrace.crawler.Version;
import org.millrace.testkit.FixtureSite;
import org.millrace.testkit.FixtureSite.Response;

class OkFetcherTest {

    private static final Wanted PAGE = new Wanted(10_000, false, true);

    private final FixtureSite site;
    private final OkFetcher fetcher = fetcher(true);

    OkFetcherTest() throws IOException {
        site = FixtureSite.start();
    }

    @AfterEach
    void close() {
        site.close();
    }

    @Test
    void aPageComesWithItsHeaders() {
        site.answer("/", Response.html("hello").with("ETag", "\"7\"").with("Last-Modified", "yesterday"));

        Fetch fetch = fetch("/");

        assertThat(fetch).isInstanceOfSatisfying(Fetch.Fetched.class, page -> {
            assertThat(page.body()).asString().isEqualTo("hello");
            assertThat(page.headers().contentType()).isEqualTo("text/html; charset=utf-8");
            assertThat(page.headers().version()).isEqualTo(new Version("\"7\"", "yesterday"));
        });
    }

    @Test
    void bodiesUpToTheLimitAreRead() {
        site.answer("/fits", Response.html("x".repeat(10_000)));
        site.answer("/long", Response.html("x".repeat(10_001)));

        assertThat(fetch("/fits").bytes()).isEqualTo(10_000);
        assertThat(fetch("/long")).isEqualTo(new Fetch.Failed("body: expected at most 10000 bytes, got more", false));
    }

    @Test
    void whereTheStartWillDoTheRestIsLeft() {
        site.answer("/long", Response.html("x".repeat(50_000)));

        assertThat(fetcher.fetch(url("/long"), new Wanted(10_000, true, true)).bytes())
                .isEqualTo(10_000);
    }

    @Test
    void decompressionIsCutAtTheLimit() throws IOException {
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(zipped)) {
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 50; i++) {
                out.write(zeros);
            }
        }
        site.answer(
                "/bomb",
                new Response(
                        200,
                        java.util.Map.of("Content-Type", "text/html", "Content-Encoding", "gzip"),
                        zipped.toByteArray(),
                        Duration.ZERO));

        assertThat(fetch("/bomb")).isInstanceOf(Fetch.Failed.class);
    }

    @Test
    void aSlowBodyEndsAtTheDeadline() throws IOException {
        try (var server = new RawServer("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", 100)) {
            long start = System.nanoTime();

            Fetch fetch = fetcher.fetch(server.url(), PAGE);

            assertThat(fetch).isInstanceOf(Fetch.Failed.class);
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .isBetween(Duration.ofMillis(1400), Duration.ofSeconds(5));
        }
    }

    @Test
    void requestsToAHostShareAConnection() throws IOException {
        try (var server =
                new RawServer("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nok", 0)) {
            for (int i = 0; i < 20; i++) {
                assertThat(fetcher.fetch(server.url(), PAGE)).isInstanceOf(Fetch.Fetched.class);
            }
            assertThat(server.connections()).isEqualTo(1);
        }
    }

    @Test
    void garbageIsAFailureThatMayPass() throws IOException {
        try (var server = new RawServer("this is no HTTP\r\n\r\n", 0)) {
            assertThat(fetcher.fetch(server.url(), PAGE))
                    .isInstanceOfSatisfying(Fetch.Failed.class, failed -> assertThat(failed.mayPass())
                            .isTrue());
        }
    }

    @Test
    void whatIsNoTextIsNotRead() {
        site.answer("/image", Response.text("image/png", "x"));

        assertThat(fetch("/image")).isEqualTo(new Fetch.Failed("content type image/png is no text", false));
    }

    @Test
    void redirectsAreToldNotFollowed() {
        site.answer("/moved", Response.redirect("../here?x#y"));
        site.answer("/lost", Response.status(302));
        site.answer("/odd", Response.redirect("javascript:alert(1)"));

        assertThat(fetch("/moved")).isEqualTo(new Fetch.Redirected(301, url("/here?x")));
        assertThat(fetch("/lost")).isInstanceOf(Fetch.Failed.class);
        assertThat(fetch("/odd")).isInstanceOf(Fetch.Failed.class);
        assertThat(site.requests()).hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://127.0.0.1/",
                "http://localhost/",
                "http://[::1]/",
                "http://2130706433/",
                "http://0x7f.1/",
                "http://169.254.169.254/",
                "http://[::ffff:127.0.0.1]/",
                "http://0/"
            })
    void privateAddressesAreRefusedByDefault(String url) {
        assertThat(fetcher(false).fetch(NormalUrl.of(url).orElseThrow(), PAGE))
                .isInstanceOfSatisfying(Fetch.Failed.class, failed -> {
                    assertThat(failed.why())
                            .containsAnyOf("not a public address", "no address is known", "does not take");
                });
    }

    @Test
    void nothingReachesAPrivateServerByDefault() {
        assertThat(fetcher(false).fetch(url("/"), PAGE))
                .isEqualTo(new Fetch.Failed("port %d: refused, expected 80 or 443".formatted(site.port()), false));
        assertThat(site.requests()).isEmpty();
    }

    @Test
    void retryAfterIsSecondsOrADate() {
        String inAMinute = DateTimeFormatter.RFC_1123_DATE_TIME.format(
                ZonedDateTime.now(ZoneOffset.UTC).plusSeconds(60));

        assertThat(OkFetcher.retryAfter("120")).isEqualTo(Duration.ofMinutes(2));
        assertThat(OkFetcher.retryAfter(inAMinute)).isBetween(Duration.ofSeconds(55), Duration.ofSeconds(60));
        assertThat(OkFetcher.retryAfter("Fri, 31 Dec 1999 23:59:59 GMT")).isEqualTo(Duration.ZERO);
        assertThat(OkFetcher.retryAfter("soon")).isNull();
        assertThat(OkFetcher.retryAfter("")).isNull();
    }

    private Fetch fetch(String path) {
        return fetcher.fetch(url(path), PAGE);
    }

    private NormalUrl url(String path) {
        return NormalUrl.of(site.url(path)).orElseThrow();
    }

    private static OkFetcher fetcher(boolean allowPrivate) {
        return new OkFetcher(
                "millrace/test",
                allowPrivate,
                new OkFetcher.TimeLimits(Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofMillis(1500)),
                took -> {});
    }

    /// Answers every request with the same bytes, and then, if told so, with a byte now and then for ever.
    private static final class RawServer implements AutoCloseable {

        private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        private final AtomicInteger connections = new AtomicInteger();

        RawServer(String answer, int dripMillis) throws IOException {
            Thread.ofVirtual().start(() -> {
                while (!server.isClosed()) {
                    try {
                        Socket socket = server.accept();
                        connections.incrementAndGet();
                        Thread.ofVirtual().start(() -> serve(socket, answer, dripMillis));
                    } catch (IOException e) {
                        return; // closed
                    }
                }
            });
        }

        NormalUrl url() {
            return NormalUrl.of("http://127.0.0.1:%d/".formatted(server.getLocalPort()))
                    .orElseThrow();
        }

        int connections() {
            return connections.get();
        }

        private static void serve(Socket socket, String answer, int dripMillis) {
            try (socket;
                    InputStream in = socket.getInputStream();
                    OutputStream out = socket.getOutputStream()) {
                byte[] last = new byte[4];
                for (int b = in.read(); b >= 0; b = in.read()) {
                    System.arraycopy(last, 1, last, 0, 3);
                    last[3] = (byte) b;
                    if (Arrays.equals(last, "\r\n\r\n".getBytes(US_ASCII))) {
                        out.write(answer.getBytes(US_ASCII));
                        out.flush();
                        while (dripMillis > 0) {
                            Thread.sleep(dripMillis);
                            out.write('x');
                            out.flush();
                        }
                    }
                }
            } catch (IOException e) {
                return; // the client went away, which is what the test is about
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void close() throws IOException {
            server.close();
        }
    }
}
