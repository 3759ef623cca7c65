package org.millrace.crawler.warc;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.millrace.crawler.web.Fetch;
import org.millrace.crawler.web.Headers;
import org.millrace.crawler.web.NormalUrl;
import org.netpreserve.jwarc.MediaType;
import org.netpreserve.jwarc.WarcCompression;
import org.netpreserve.jwarc.WarcConversion;
import org.netpreserve.jwarc.WarcDigest;
import org.netpreserve.jwarc.WarcRecord;
import org.netpreserve.jwarc.WarcResource;
import org.netpreserve.jwarc.WarcResponse;
import org.netpreserve.jwarc.WarcRevisit;
import org.netpreserve.jwarc.WarcWriter;
import org.netpreserve.jwarc.Warcinfo;

/// What was captured as WARC records, each a gzip member of its own.
///
/// Bodies are stored decoded, as the rest of the system sees them. The fields that told how a body was
/// encoded on the wire would then be wrong: they are kept under names with `X-Crawler-` before them, as
/// Common Crawl does, and `Content-Length` tells the length that is there. The status line says HTTP/1.1
/// whatever the connection spoke, since readers know no other.
public final class CaptureRecords {

    /// Fields about the encoding and length of a body on the wire.
    private static final List<String> OF_THE_WIRE =
            List.of("content-encoding", "transfer-encoding", "content-length", "trailer");

    private CaptureRecords() {}

    /// The first record of a file.
    ///
    /// @param file its name
    /// @param fields `software`, `robots`, `http-header-user-agent`, …
    public static byte[] info(String file, Map<String, String> fields, Instant at) {
        Map<String, List<String>> all = new LinkedHashMap<>();
        fields.forEach((name, value) -> all.put(name, List.of(value)));
        all.put("format", List.of("WARC File Format 1.1"));
        all.put(
                "conformsTo",
                List.of("https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"));
        return bytes(new Warcinfo.Builder()
                .filename(file)
                .date(seconds(at))
                .fields(all)
                .build());
    }

    public static byte[] response(NormalUrl url, Fetch.Fetched page, Instant at) {
        byte[] head = head(page.status(), page.headers(), page.body().length);
        byte[] block = new byte[head.length + page.body().length];
        System.arraycopy(head, 0, block, 0, head.length);
        System.arraycopy(page.body(), 0, block, head.length, page.body().length);
        return bytes(new WarcResponse.Builder(url.toString())
                .date(seconds(at))
                .payloadDigest(sha1(page.body()))
                .blockDigest(sha1(block))
                .body(MediaType.HTTP_RESPONSE, block)
                .build());
    }

    /// A page that was what it had been.
    ///
    /// @param before when it was captured last
    public static byte[] revisit(NormalUrl url, Fetch.Unchanged page, Instant at, Instant before) {
        byte[] head = head(304, page.headers(), -1);
        WarcRevisit.Builder record = new WarcRevisit.Builder(url.toString(), WarcRevisit.SERVER_NOT_MODIFIED_1_1)
                .date(seconds(at))
                .setHeader("WARC-Refers-To-Target-URI", url.toString())
                .setHeader("WARC-Refers-To-Date", seconds(before).toString());
        return bytes(record.blockDigest(sha1(head))
                .body(MediaType.HTTP_RESPONSE, head)
                .build());
    }

    /// Bytes that came by no HTTP.
    public static byte[] resource(String uri, String contentType, byte[] body, Instant at) {
        return bytes(new WarcResource.Builder()
                .setHeader("WARC-Target-URI", uri)
                .date(seconds(at))
                .payloadDigest(sha1(body))
                .blockDigest(sha1(body))
                .body(MediaType.parseLeniently(contentType.isEmpty() ? "application/octet-stream" : contentType), body)
                .build());
    }

    /// Text that another program extracted from a page, as WET files hold it.
    ///
    /// @param language ISO 639-3
    public static byte[] conversion(String uri, String language, byte[] body, Instant at) {
        return bytes(new WarcConversion.Builder()
                .setHeader("WARC-Target-URI", uri)
                .setHeader("WARC-Identified-Content-Language", language)
                .date(seconds(at))
                .payloadDigest(sha1(body))
                .blockDigest(sha1(body))
                .body(MediaType.PLAIN_TEXT, body)
                .build());
    }

    /// @param length of the body that follows; negative if none does
    private static byte[] head(int status, Headers headers, int length) {
        StringBuilder head = new StringBuilder("HTTP/1.1 %d %s\r\n".formatted(status, reason(status)));
        for (Headers.Field field : headers.fields()) {
            boolean ofTheWire = OF_THE_WIRE.contains(field.name().toLowerCase(Locale.ROOT));
            head.append(ofTheWire ? "X-Crawler-" : "")
                    .append(field.name())
                    .append(": ")
                    .append(field.value().replaceAll("[\\r\\n]+", " "))
                    .append("\r\n");
        }
        if (length >= 0) {
            head.append("Content-Length: ").append(length).append("\r\n");
        }
        return head.append("\r\n").toString().getBytes(UTF_8);
    }

    private static String reason(int status) {
        return switch (status) {
            case 200 -> "OK";
            case 203 -> "Non-Authoritative Information";
            case 206 -> "Partial Content";
            case 304 -> "Not Modified";
            default -> "";
        };
    }

    private static byte[] bytes(WarcRecord record) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (WarcWriter writer = new WarcWriter(Channels.newChannel(out), WarcCompression.GZIP)) {
            writer.write(record);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        return out.toByteArray();
    }

    private static WarcDigest sha1(byte[] bytes) {
        try {
            MessageDigest sha1 = MessageDigest.getInstance("SHA-1"); // what indexes of archives go by
            sha1.update(bytes);
            return new WarcDigest(sha1);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-1", e);
        }
    }

    private static Instant seconds(Instant at) {
        return at.truncatedTo(ChronoUnit.SECONDS);
    }
}
