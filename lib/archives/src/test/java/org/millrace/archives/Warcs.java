package org.millrace.archives;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;

/// WARC files for tests, written by hand: byte for byte as the standard says, or as it forbids.
final class Warcs {

    static final Bounds BOUNDS = new Bounds(100_000, 4096);

    private Warcs() {}

    static byte[] record(String type, String url, String contentType, byte[] block, String... more) {
        StringBuilder head = new StringBuilder("WARC/1.1\r\nWARC-Type: " + type + "\r\n");
        head.append("WARC-Target-URI: ").append(url).append("\r\n");
        head.append("WARC-Date: 2026-01-02T03:04:05Z\r\n");
        head.append("WARC-Record-ID: <urn:uuid:6d1a0d6b-4f5e-4c3a-9c1e-000000000000>\r\n");
        for (int i = 0; i + 1 < more.length; i += 2) {
            head.append(more[i]).append(": ").append(more[i + 1]).append("\r\n");
        }
        head.append("Content-Type: ").append(contentType).append("\r\n");
        head.append("Content-Length: ").append(block.length).append("\r\n\r\n");
        return concat(head.toString().getBytes(UTF_8), block, "\r\n\r\n".getBytes(UTF_8));
    }

    static byte[] response(String url, byte[] body, String... httpFields) {
        StringBuilder head = new StringBuilder("HTTP/1.1 200 OK\r\n");
        for (int i = 0; i + 1 < httpFields.length; i += 2) {
            head.append(httpFields[i]).append(": ").append(httpFields[i + 1]).append("\r\n");
        }
        return record(
                "response",
                url,
                "application/http; msgtype=response",
                concat(head.append("\r\n").toString().getBytes(UTF_8), body));
    }

    static byte[] page(int number) {
        return response(url(number), body(number).getBytes(UTF_8), "Content-Type", "text/html");
    }

    static String url(int number) {
        return "https://example.org/" + number;
    }

    static String body(int number) {
        return "<p>Page %d of the mill.</p>".formatted(number);
    }

    static byte[] gzip(byte[] plain) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(plain);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    static Captures open(byte[] archive) {
        return Captures.of("test.warc", new ByteArrayInputStream(archive), BOUNDS);
    }

    /// All that is left.
    static List<Capture> rest(Captures captures) {
        List<Capture> all = new ArrayList<>();
        try {
            for (Optional<Capture> next = captures.next(); next.isPresent(); next = captures.next()) {
                all.add(next.get());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return all;
    }

    static List<String> urls(byte[] archive) {
        return rest(open(archive)).stream().map(Capture::url).toList();
    }
}
