package org.millrace.crawler.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.ZstdOutputStream;
import com.sun.management.ThreadMXBean;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.crawler.web.Fetch;
import org.millrace.crawler.web.Fetcher.Wanted;

/// Bodies that unfold to more than anybody wants: cut at 5 MiB, within two seconds, with at most 32 MiB
/// of memory. The memory is what the fetching thread allocates in all, which is more than it ever holds.
class BombTest {

    private static final int MAX_BYTES = 5 << 20;
    private static final int BLOCK = 10_000_000;
    private static final long ALLOWED_BYTES = 32L << 20;
    private static final Duration ALLOWED_TIME = Duration.ofSeconds(2);

    /// Ten million zeros by a Brotli encoder at quality 5, flushed: the start of a stream, and what it
    /// says for the same again.
    private static final String BROTLI_FIRST = "cbffff3f002400e2b14072effff86789018004401c16808e238601";
    private static final String BROTLI_AGAIN = "fcffff034002200e0b40f7fe8f7f9618004800c46101e8386218";

    private static final byte[] ZEROS = new byte[BLOCK];

    /// The first request loads classes, which no later one pays for.
    @BeforeAll
    static void warm() throws Exception {
        for (String coding : new String[] {"gzip", "deflate", "br", "zstd"}) {
            fetch(coding, bomb(coding, 1));
        }
    }

    /// The outermost coding is the last one named, as in the header.
    @ParameterizedTest
    @CsvSource({
        "gzip, 1",
        "gzip, 1000",
        "deflate, 1",
        "deflate, 1000",
        "br, 1",
        "br, 1000",
        "zstd, 1",
        "zstd, 1000",
        "'gzip, gzip', 1000",
        "'br, gzip', 1000",
        "'zstd, br', 1000",
        "'gzip, zstd', 1000",
        "'deflate, gzip, br', 1000",
    })
    void bombsAreCut(String codings, int blocks) throws Exception {
        Fetched fetched = fetch(codings, bomb(codings, blocks));

        assertThat(fetched.outcome).isInstanceOfSatisfying(Fetch.Failed.class, failed -> assertThat(failed.why())
                .contains("expected at most"));
        assertThat(fetched.allocated).isLessThan(ALLOWED_BYTES);
        assertThat(fetched.took).isLessThan(ALLOWED_TIME);
    }

    /// The inner stream is made of frames without content: no limit of the page is ever reached, however
    /// much the outer one unfolds to.
    @ParameterizedTest
    @ValueSource(strings = {"gzip", "zstd", "br"})
    void bombsThatUnfoldToNothingAreCut(String outer) throws Exception {
        byte[] frame = HexFormat.of().parseHex("502a4d1800000800" + "00".repeat(0x80000)); // half a MiB to skip
        byte[] body = encoded(outer, repeated(frame, 40));

        Fetched fetched = fetch("zstd, " + outer, body);

        assertThat(fetched.outcome).isInstanceOfSatisfying(Fetch.Failed.class, failed -> assertThat(failed.why())
                .contains("expected at most"));
        assertThat(fetched.allocated).isLessThan(ALLOWED_BYTES);
        assertThat(fetched.took).isLessThan(ALLOWED_TIME);
    }

    private static Fetched fetch(String codings, byte[] body) throws Exception {
        String head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n"
                .formatted(codings, body.length);
        try (TcpServer server = TcpServer.start((in, out) -> {
                    TcpServer.path(in);
                    out.write(head.getBytes(ISO_8859_1));
                    out.write(body);
                    out.flush();
                });
                OkFetcher fetcher = new OkFetcher(
                        "millrace/test",
                        true,
                        new OkFetcher.TimeLimits(Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofSeconds(10)),
                        _ -> {})) {
            AtomicReference<@Nullable Fetched> fetched = new AtomicReference<>();
            Thread thread = Thread.ofPlatform().start(() -> fetched.set(measured(fetcher, server)));
            thread.join(Duration.ofSeconds(20));
            return Objects.requireNonNull(fetched.get(), "no answer within 20 s");
        }
    }

    private static Fetched measured(OkFetcher fetcher, TcpServer server) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        long start = System.nanoTime();
        Fetch outcome = fetcher.fetch(server.url("/"), Wanted.page(MAX_BYTES));
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        return new Fetched(outcome, threads.getCurrentThreadAllocatedBytes() - before, took);
    }

    private record Fetched(Fetch outcome, long allocated, Duration took) {}

    /// So many times ten million zeros, encoded by each coding in turn.
    private static byte[] bomb(String codings, int blocks) throws IOException {
        String[] names = codings.split(",\\s*");
        byte[] bytes = innermost(names[0], blocks);
        for (int i = 1; i < names.length; i++) {
            bytes = encoded(names[i], bytes);
        }
        return bytes;
    }

    /// Made of pieces that can be repeated, so that a hundred gigabytes cost no more than one block.
    private static byte[] innermost(String coding, int blocks) throws IOException {
        return switch (coding) {
            case "br" -> {
                HexFormat hex = HexFormat.of();
                yield joined(
                        hex.parseHex(BROTLI_FIRST), repeated(hex.parseHex(BROTLI_AGAIN), blocks - 1), new byte[] {3});
            }
            case "deflate" -> {
                byte[] block = flushedBlock();
                yield joined(new byte[] {0x78, (byte) 0x9c}, repeated(block, blocks), new byte[0]);
            }
            default -> repeated(encoded(coding, ZEROS), blocks); // members and frames follow one another
        };
    }

    private static byte[] flushedBlock() {
        Deflater deflater = new Deflater(9, true);
        deflater.setInput(ZEROS);
        byte[] block = new byte[100_000];
        int length = deflater.deflate(block, 0, block.length, Deflater.FULL_FLUSH);
        deflater.end();
        return Arrays.copyOf(block, length);
    }

    private static byte[] encoded(String coding, byte[] bytes) throws IOException {
        ByteArrayOutputStream encoded = new ByteArrayOutputStream();
        switch (coding) {
            case "gzip" -> {
                try (OutputStream out = new GZIPOutputStream(encoded)) {
                    out.write(bytes);
                }
            }
            case "zstd" -> {
                try (OutputStream out = new ZstdOutputStream(encoded)) {
                    out.write(bytes);
                }
            }
            case "br" -> storeAsBrotli(bytes, encoded);
            default -> throw new IllegalArgumentException(coding);
        }
        return encoded.toByteArray();
    }

    /// Brotli's uncompressed meta-blocks (RFC 7932 section 9.2), of at most 64 KiB each.
    private static void storeAsBrotli(byte[] bytes, ByteArrayOutputStream out) {
        int windowBits = 1; // one zero bit: a window of 64 KiB; before the first block only
        for (int start = 0; start < bytes.length; start += 1 << 16) {
            int length = Math.min(1 << 16, bytes.length - start);
            int header = (length - 1) << 3 + windowBits | 1 << 19 + windowBits;
            out.write(header);
            out.write(header >> 8);
            out.write(header >> 16);
            out.write(bytes, start, length);
            windowBits = 0;
        }
        out.write(3); // the last, and empty
    }

    private static byte[] repeated(byte[] bytes, int times) {
        byte[] all = new byte[bytes.length * times];
        for (int i = 0; i < times; i++) {
            System.arraycopy(bytes, 0, all, i * bytes.length, bytes.length);
        }
        return all;
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }
}
