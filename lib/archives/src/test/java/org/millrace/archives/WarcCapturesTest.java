package org.millrace.archives;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.millrace.archives.Warcs.body;
import static org.millrace.archives.Warcs.concat;
import static org.millrace.archives.Warcs.gzip;
import static org.millrace.archives.Warcs.open;
import static org.millrace.archives.Warcs.page;
import static org.millrace.archives.Warcs.record;
import static org.millrace.archives.Warcs.response;
import static org.millrace.archives.Warcs.rest;
import static org.millrace.archives.Warcs.url;
import static org.millrace.archives.Warcs.urls;

import com.github.luben.zstd.Zstd;
import com.sun.management.ThreadMXBean;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WarcCapturesTest {

    private static final byte[] PAGE = "<p>The wheel turns.</p>".getBytes(UTF_8);

    @Test
    void anAnswerIsAPageWithItsHeader() {
        byte[] archive = response(
                "https://example.org/", PAGE, "Content-Type", "text/html; charset=utf-8", "X-Robots-Tag", "noai");

        List<Capture> captures = rest(open(archive));

        assertThat(captures).singleElement().satisfies(capture -> {
            assertThat(capture.source()).isEqualTo("test.warc#1");
            assertThat(capture.url()).isEqualTo("https://example.org/");
            assertThat(capture.contentType()).isEqualTo("text/html; charset=utf-8");
            assertThat(capture.fields().first("x-robots-tag")).isEqualTo("noai");
            assertThat(capture.at()).isEqualTo(Instant.parse("2026-01-02T03:04:05Z"));
            assertThat(capture.body()).isEqualTo(PAGE);
        });
    }

    @Test
    void extractedTextIsAPageInItsLanguage() {
        byte[] wet = concat(
                record("warcinfo", "", "application/warc-fields", "software: x\r\n".getBytes(UTF_8)),
                record(
                        "conversion",
                        "https://example.org/a",
                        "text/plain",
                        "Das Rad dreht sich.".getBytes(UTF_8),
                        "WARC-Identified-Content-Language",
                        "deu,eng"));

        Captures captures = open(gzip(wet));

        assertThat(rest(captures)).singleElement().satisfies(capture -> {
            assertThat(capture.contentType()).isEqualTo("text/plain; charset=utf-8");
            assertThat(capture.language()).isEqualTo("deu");
            assertThat(capture.body()).asString(UTF_8).isEqualTo("Das Rad dreht sich.");
        });
        assertThat(captures.tally()).isEqualTo(new Tally(2, 1, 1, 0, 0, 0));
    }

    @Test
    void onlyPagesThatWereHadAreGiven() {
        byte[] archive = concat(
                record(
                        "request",
                        url(1),
                        "application/http; msgtype=request",
                        "GET / HTTP/1.1\r\n\r\n".getBytes(UTF_8)),
                record("response", url(2), "application/http", "HTTP/1.1 404 Not Found\r\n\r\ngone".getBytes(UTF_8)),
                record("response", "dns:example.org", "text/dns", "example.org".getBytes(UTF_8)),
                record("metadata", url(3), "application/warc-fields", new byte[0]),
                record("resource", "<" + url(4) + ">", "text/html", PAGE),
                record("response", url(5), "application/http", "HTTP/2 200\r\n\r\nx".getBytes(UTF_8)));

        Captures captures = open(archive);

        assertThat(rest(captures)).extracting(Capture::url).containsExactly(url(4), url(5));
        assertThat(captures.tally()).isEqualTo(new Tally(6, 2, 4, 0, 0, 0));
    }

    @Test
    void membersMayHoldOneRecordOrAll() {
        byte[] three = concat(page(1), page(2), page(3));

        List<String> plain = urls(three);

        assertThat(plain).containsExactly(url(1), url(2), url(3));
        assertThat(urls(gzip(three))).isEqualTo(plain);
        assertThat(urls(concat(gzip(page(1)), gzip(page(2)), gzip(page(3))))).isEqualTo(plain);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "x-gzip", "deflate", "deflate-raw", "zstd", "GZIP, identity"})
    void encodedBodiesAreDecoded(String encoding) throws IOException {
        byte[] encoded =
                switch (encoding) {
                    case "deflate" -> deflated(false);
                    case "deflate-raw" -> deflated(true);
                    case "zstd" -> Zstd.compress(PAGE);
                    default -> gzip(PAGE);
                };

        byte[] archive =
                response(url(1), encoded, "Content-Encoding", encoding.replace("-raw", ""), "Content-Length", "7");

        assertThat(rest(open(archive)).getFirst().body()).isEqualTo(PAGE);
    }

    /// The encoder is not on the class path: ten bytes of Brotli's own "uncompressed" form.
    @Test
    void brotliIsDecoded() {
        byte[] brotli = {0x0b, 0x02, (byte) 0x80, 'h', 'e', 'l', 'l', 'o', 0x03};

        byte[] archive = response(url(1), brotli, "Content-Encoding", "br");

        assertThat(rest(open(archive)).getFirst().body()).asString(UTF_8).isEqualTo("hello");
    }

    @Test
    void whatWasDecodedBeforeItWasStoredIsTakenAsItIs() {
        for (String encoding : List.of("gzip", "deflate", "br", "zstd")) {
            byte[] archive = response(url(1), PAGE, "Content-Encoding", encoding, "Transfer-Encoding", "chunked");

            assertThat(rest(open(archive)).getFirst().body()).as(encoding).isEqualTo(PAGE);
        }
    }

    @Test
    void chunksAreJoined() {
        byte[] chunked = "4\r\n<p>T\r\n13;x=y\r\nhe wheel turns.</p>\r\n0\r\nTrailer: x\r\n\r\n".getBytes(UTF_8);

        byte[] archive = response(url(1), chunked, "Transfer-Encoding", "chunked");

        assertThat(rest(open(archive)).getFirst().body()).isEqualTo(PAGE);
    }

    @Test
    void aBodyBeyondTheBoundIsPassedOver() {
        byte[] large = new byte[Warcs.BOUNDS.maxBody() + 1];
        Arrays.fill(large, (byte) 'x');
        byte[] archive = concat(
                response(url(1), large),
                response(url(2), gzip(large), "Content-Encoding", "gzip"),
                response(url(3), Arrays.copyOf(large, Warcs.BOUNDS.maxBody())));

        Captures captures = open(archive);

        assertThat(rest(captures)).extracting(Capture::url).containsExactly(url(3));
        assertThat(captures.tally().tooLong()).isEqualTo(2);
    }

    @Test
    void lengthsAreNotBelieved() {
        for (String length : List.of("-1", "9999999999999999999", "999999999999999999", "1e3", "", "0x10")) {
            byte[] liar = "WARC/1.0\r\nWARC-Type: response\r\nContent-Length: %s\r\n\r\nx\r\n\r\n"
                    .formatted(length)
                    .getBytes(UTF_8);

            Captures captures = open(concat(page(1), liar, page(2)));

            assertThat(rest(captures)).as(length).extracting(Capture::url).containsExactly(url(1), url(2));
            assertThat(captures.tally().broken()).isEqualTo(1);
        }
    }

    @Test
    void aHeaderWithoutEndIsBroken() {
        byte[] endless = ("WARC/1.0\r\n" + "A: b\r\n".repeat(5000)).getBytes(UTF_8);

        Captures captures = open(concat(gzip(page(1)), gzip(endless), gzip(page(2))));

        assertThat(rest(captures)).extracting(Capture::url).containsExactly(url(1), url(2));
        assertThat(captures.tally().broken()).isEqualTo(1);
    }

    @Test
    void aRecordThatOutlastsItsMemberIsBroken() {
        byte[] page = page(2);
        byte[] short_ = Arrays.copyOf(page, page.length - 10);

        Captures captures = open(concat(gzip(page(1)), gzip(short_), gzip(page(3))));

        assertThat(rest(captures)).extracting(Capture::url).containsExactly(url(1), url(3));
        assertThat(captures.tally()).isEqualTo(new Tally(3, 2, 0, 1, 0, 0));
    }

    @Test
    void aWrongSumIsNoticedBeforeThePageIsGiven() {
        byte[] second = gzip(page(2));
        second[second.length - 7] ^= 1;

        List<Fault> faults = new ArrayList<>();
        Captures captures = Captures.of(
                "test.warc",
                new ByteArrayInputStream(concat(gzip(page(1)), second, gzip(page(3)))),
                Warcs.BOUNDS,
                faults::add);

        assertThat(rest(captures)).extracting(Capture::url).containsExactly(url(1), url(3));
        assertThat(captures.tally()).isEqualTo(new Tally(3, 2, 0, 1, 0, 0));
        assertThat(faults)
                .containsExactly(new Fault("test.warc#2", Fault.Kind.BROKEN, "the sum of a gzip member is wrong"));
    }

    @Test
    void aRecordInsideAPageIsNone() {
        byte[] forged = concat("<p>\r\n".getBytes(UTF_8), page(666));
        byte[] archive = concat(response(url(1), forged, "Content-Encoding", "rot13"), page(2));

        assertThat(urls(archive)).containsExactly(url(2));
        assertThat(urls(gzip(archive))).containsExactly(url(2));
    }

    @Test
    void aFileThatBreaksOffSaysSo() {
        byte[] whole = concat(gzip(page(1)), gzip(page(2)));
        byte[] plain = concat(page(1), page(2));

        for (byte[] cut : List.of(Arrays.copyOf(whole, whole.length - 1), Arrays.copyOf(plain, plain.length - 20))) {
            Captures captures = open(cut);

            assertThat(rest(captures)).extracting(Capture::url).containsExactly(url(1));
            assertThat(captures.tally()).isEqualTo(new Tally(1, 1, 0, 0, 0, 1));
            assertThat(captures.tally().isDamaged()).isTrue();
        }
    }

    @Test
    void nothingIsAnArchiveWithoutPages() {
        assertThat(urls(new byte[0])).isEmpty();
        assertThat(urls(new byte[] {0x1f, (byte) 0x8b})).isEmpty();
        assertThat(urls("<html>no archive</html>".getBytes(UTF_8))).isEmpty();
    }

    /// Records of 64 MiB each, of which nothing is kept but the first MiB for a moment.
    @Test
    void memoryStaysFlatWhateverIsRead() throws IOException {
        byte[] zeros = gzip(record("response", url(1), "application/http", huge()));
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (Captures captures = Captures.of("long", new Repeated(zeros, 4), new Bounds(1 << 20, 4096))) {
            long before = threads.getCurrentThreadAllocatedBytes();

            assertThat(captures.next()).isEmpty();

            assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(4 * (4 << 20));
            assertThat(captures.tally().tooLong()).isEqualTo(4);
        }
    }

    private static byte[] huge() {
        return concat("HTTP/1.1 200 OK\r\n\r\n".getBytes(UTF_8), new byte[64 << 20]);
    }

    private static byte[] deflated(boolean raw) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (DeflaterOutputStream deflater = new DeflaterOutputStream(out, new java.util.zip.Deflater(6, raw))) {
            deflater.write(PAGE);
        }
        return out.toByteArray();
    }

    @Test
    void whatWasLookedAtIsSkipped() throws IOException {
        byte[] broken = gzip(page(3));
        broken[broken.length / 2] ^= 0x55;
        byte[] archive = concat(
                gzip(page(1)),
                gzip(record("metadata", url(1), "text/plain", new byte[3])),
                gzip(response(url(2), PAGE, "Content-Encoding", "rot13")),
                broken,
                gzip(page(4)),
                gzip(page(5)));
        Captures first = open(archive);
        first.next();
        assertThat(first.next().orElseThrow().url()).isEqualTo(url(4));

        Captures second = open(archive);
        second.skip(first.tally().records());

        assertThat(second.tally().records()).isEqualTo(first.tally().records());
        assertThat(rest(second)).extracting(Capture::body).containsExactly(body(5).getBytes(UTF_8));
    }

    private static final class Repeated extends InputStream {
        private final byte[] bytes;
        private int left;
        private ByteArrayInputStream now = new ByteArrayInputStream(new byte[0]);

        Repeated(byte[] bytes, int times) {
            this.bytes = bytes;
            this.left = times;
        }

        @Override
        public int read() {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            int count = now.read(target, offset, length);
            if (count < 0 && left-- > 0) {
                now = new ByteArrayInputStream(bytes);
                count = now.read(target, offset, length);
            }
            return count;
        }
    }
}
