package org.millrace.crawler.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.millrace.crawler.http.TcpServer.say;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.millrace.crawler.web.Fetch;
import org.millrace.crawler.web.Fetcher.Wanted;
import org.millrace.crawler.web.NormalUrl;

/// Servers that would hold a connection for ever, or fill the memory with what is no body. Deadlines are
/// shorter here than the 30 s of the service.
class HostileServersTest {

    private static final Wanted PAGE = Wanted.page(50_000);
    private static final Duration DEADLINE = Duration.ofMillis(400);

    /// The deadline, and what a loaded machine takes to notice it.
    private static final Duration PATIENCE = DEADLINE.plusSeconds(3);

    private final OkFetcher fetcher = new OkFetcher(
            "millrace/test",
            true,
            new OkFetcher.TimeLimits(Duration.ofMillis(300), Duration.ofMillis(200), DEADLINE),
            _ -> {});

    @AfterEach
    void close() {
        fetcher.close();
    }

    /// What a server does instead of answering, and whether its connection is closed by the crawler.
    enum Trick {
        SILENCE {
            @Override
            void play(OutputStream out) {
                // not a byte
            }
        },
        A_BYTE_A_WHILE {
            @Override
            void play(OutputStream out) throws IOException, InterruptedException {
                say(out, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n");
                drip(out, "x");
            }
        },
        A_HEADER_A_WHILE {
            @Override
            void play(OutputStream out) throws IOException, InterruptedException {
                say(out, "HTTP/1.1 200 OK\r\n");
                drip(out, "X-Y: z\r\n");
            }
        },
        ENDLESS_CHUNKS {
            @Override
            void play(OutputStream out) throws IOException {
                say(out, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n");
                flood(out, "4\r\nword\r\n");
            }
        },
        ENDLESS_CHUNK_SIZE {
            @Override
            void play(OutputStream out) throws IOException {
                say(out, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n4;");
                flood(out, "extension");
            }
        },
        ENDLESS_TRAILERS {
            @Override
            void play(OutputStream out) throws IOException {
                say(out, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n");
                flood(out, "X-Y: z\r\n");
            }
        },
        ENDLESS_HEADERS {
            @Override
            void play(OutputStream out) throws IOException {
                say(out, "HTTP/1.1 200 OK\r\n");
                flood(out, "X-Header: value\r\n");
            }
        },
        ENDLESS_HEADER_LINE {
            @Override
            void play(OutputStream out) throws IOException {
                say(out, "HTTP/1.1 200 OK\r\nX-Header: ");
                flood(out, "value");
            }
        },
        ENDLESS_STATUS_LINE {
            @Override
            void play(OutputStream out) throws IOException {
                flood(out, "HTTP");
            }
        },
        MANY_HEADERS {
            @Override
            void play(OutputStream out) throws IOException {
                say(out, "HTTP/1.1 200 OK\r\n" + "X-Header: value\r\n".repeat(500) + "Content-Length: 0\r\n\r\n");
            }
        },
        ENDLESS_EARLY_HINTS {
            @Override
            void play(OutputStream out) throws IOException {
                flood(out, "HTTP/1.1 103 Early Hints\r\n\r\n");
            }
        },
        LESS_THAN_ANNOUNCED {
            @Override
            void play(OutputStream out) throws IOException {
                say(out, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5000\r\n\r\nfive");
                out.close();
            }
        },
        NEGATIVE_LENGTH {
            @Override
            void play(OutputStream out) throws IOException {
                say(out, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: -5\r\n\r\nfive");
            }
        },
        ABSURD_LENGTH {
            @Override
            void play(OutputStream out) throws IOException {
                say(out, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 99999999999\r\n\r\nfive");
            }
        },
        CLOSED_AT_ONCE {
            @Override
            void play(OutputStream out) throws IOException {
                out.close();
            }
        },
        CLOSED_IN_THE_HEADER {
            @Override
            void play(OutputStream out) throws IOException {
                say(out, "HTTP/1.1 200 OK\r\nContent-Ty");
                out.close();
            }
        },
        CLOSED_IN_A_CHUNK {
            @Override
            void play(OutputStream out) throws IOException {
                say(out, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nword");
                out.close();
            }
        },
        BAD_CHUNK_SIZE {
            @Override
            void play(OutputStream out) throws IOException {
                say(out, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nx");
            }
        },
        NO_GZIP {
            @Override
            void play(OutputStream out) throws IOException {
                say(
                        out,
                        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n"
                                + "Content-Length: 5\r\n\r\nplain");
            }
        },
        HALF_A_GZIP {
            @Override
            void play(OutputStream out) throws IOException {
                say(
                        out,
                        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n"
                                + "Content-Length: 12\r\n\r\n\u001f\u008b\u0008\u0000\u0000\u0000\u0000\u0000\u0000\u0003ab");
            }
        },
        UNKNOWN_ENCODING {
            @Override
            void play(OutputStream out) throws IOException {
                say(
                        out,
                        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: rot13\r\n"
                                + "Content-Length: 5\r\n\r\nplain");
            }
        },
        GARBAGE {
            @Override
            void play(OutputStream out) throws IOException {
                say(out, "\u0000\u0001\u00ff\r\n\r\n".repeat(100));
            }
        };

        abstract void play(OutputStream out) throws IOException, InterruptedException;

        /// Till the client has enough.
        private static void flood(OutputStream out, String text) throws IOException {
            String much = text.repeat(2000);
            while (true) {
                say(out, much);
            }
        }

        private static void drip(OutputStream out, String text) throws IOException, InterruptedException {
            while (true) {
                say(out, text);
                Thread.sleep(50);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void noTrickCostsMoreThanTheDeadline(Trick trick) throws IOException {
        try (TcpServer server = TcpServer.start((in, out) -> play(trick, in, out))) {
            long start = System.nanoTime();

            Fetch fetch = fetcher.fetch(server.url("/"), PAGE);

            assertThat(fetch).isInstanceOf(Fetch.Failed.class);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(PATIENCE);
            await().pollInterval(Duration.ofMillis(5))
                    .atMost(Duration.ofSeconds(5))
                    .until(() -> {
                        fetcher.close();
                        return server.open() == 0;
                    });
        }
    }

    /// A body longer than announced is no fault of the page; what follows is not taken for an answer.
    @Test
    void whatFollowsABodyIsNotTheNextAnswer() throws IOException {
        try (TcpServer server = TcpServer.start((in, out) -> {
            while (TcpServer.path(in) != null) {
                say(
                        out,
                        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\nfive and HTTP/1.1 200");
            }
        })) {
            assertThat(fetcher.fetch(server.url("/"), PAGE).bytes()).isEqualTo(4);
            assertThat(fetcher.fetch(server.url("/"), PAGE)).isInstanceOf(Fetch.Failed.class);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"SILENCE", "GARBAGE", "CLOSED_AT_ONCE", "ENDLESS_STATUS_LINE"})
    void noTrickCostsMoreInsteadOfTls(Trick trick) throws IOException {
        try (TcpServer server = TcpServer.start((_, out) -> trick.play(out))) {
            NormalUrl url = NormalUrl.of("https://127.0.0.1:%d/".formatted(server.port()))
                    .orElseThrow();
            long start = System.nanoTime();

            assertThat(fetcher.fetch(url, PAGE)).isInstanceOf(Fetch.Failed.class);

            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(PATIENCE);
            await().pollInterval(Duration.ofMillis(5))
                    .atMost(Duration.ofSeconds(5))
                    .until(() -> server.open() == 0);
        }
    }

    /// A thousand tricks, a hundred at a time: every slot comes back, and no socket stays. More by
    /// `-Dmillrace.tricks=100000`.
    @Test
    void aThousandTricksLeaveNothingBehind() throws Exception {
        int tricks = Integer.getInteger("millrace.tricks", 1_000);
        Semaphore slots = new Semaphore(100);
        try (ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
                TcpServer server = TcpServer.start((in, out) -> {
                    String path = TcpServer.path(in);
                    if (path != null) {
                        Trick.valueOf(path.substring(1)).play(out);
                    }
                })) {
            List<Future<Fetch>> fetches = new ArrayList<>();
            for (int i = 0; i < tricks; i++) {
                Trick trick = Trick.values()[i % Trick.values().length];
                fetches.add(workers.submit(() -> {
                    slots.acquire();
                    try {
                        return fetcher.fetch(server.url("/" + trick), PAGE);
                    } finally {
                        slots.release();
                    }
                }));
            }
            for (Future<Fetch> fetch : fetches) {
                assertThat(fetch.get(60, TimeUnit.SECONDS)).isInstanceOf(Fetch.Failed.class);
            }
            assertThat(slots.availablePermits()).isEqualTo(100);
            fetcher.close();
            await().pollInterval(Duration.ofMillis(5))
                    .atMost(Duration.ofSeconds(10))
                    .until(() -> server.open() == 0 && fetcher.openConnections() == 0);
        }
    }

    private static void play(Trick trick, InputStream in, OutputStream out) throws IOException, InterruptedException {
        if (TcpServer.path(in) != null) {
            trick.play(out);
        }
    }
}
