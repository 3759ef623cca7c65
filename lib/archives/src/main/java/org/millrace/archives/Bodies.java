package org.millrace.archives;

import com.github.luben.zstd.ZstdInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import org.brotli.dec.BrotliInputStream;

/// The body of an HTTP answer, decoded as its header says, never beyond a bound.
///
/// Archives differ: some hold bodies as they came, in chunks and compressed; others hold them decoded, and
/// the header still tells of the encoding. So a body that is visibly not encoded is taken as it is.
final class Bodies {

    /// Larger windows are for files; RFC 9659 asks senders of web pages for no more than this.
    private static final int ZSTD_WINDOW = 23;

    private static final int MAX_CODINGS = 3;

    private final int max;

    /// @param max bytes of a decoded body, and of one on the way there
    Bodies(int max) {
        this.max = max;
    }

    /// @return empty if it is longer than the bound
    /// @throws BrokenRecord if it cannot be decoded
    Optional<byte[]> read(Fields fields, InputStream block) throws IOException {
        boolean chunked =
                fields.first("Transfer-Encoding").toLowerCase(Locale.ROOT).contains("chunked");
        // Chunk sizes stand between the bytes, so a body of the longest allowed size is a little longer.
        Optional<byte[]> plain = bounded(block, chunked ? max + max / 16 + 4096 : max);
        if (plain.isEmpty()) {
            return plain;
        }
        byte[] body = chunked ? unchunked(plain.get()) : plain.get();
        return decoded(body, fields.first("Content-Encoding"));
    }

    private Optional<byte[]> decoded(byte[] body, String encodings) throws IOException {
        String[] codings = encodings.toLowerCase(Locale.ROOT).split(",");
        if (codings.length > MAX_CODINGS) {
            throw new BrokenRecord(
                    "Content-Encoding: expected at most %d codings, got %d".formatted(MAX_CODINGS, codings.length));
        }
        Optional<byte[]> decoded = body.length > max ? Optional.empty() : Optional.of(body);
        for (int i = codings.length - 1; i >= 0 && decoded.isPresent(); i--) {
            decoded = decoded(decoded.get(), Coding.named(codings[i].strip()));
        }
        return decoded;
    }

    private enum Coding {
        NONE,
        GZIP,
        DEFLATE,
        BROTLI,
        ZSTD;

        static Coding named(String name) throws BrokenRecord {
            return switch (name) {
                case "", "identity", "none", "utf-8" -> NONE; // servers send character sets here too
                case "gzip", "x-gzip" -> GZIP;
                case "deflate" -> DEFLATE;
                case "br" -> BROTLI;
                case "zstd" -> ZSTD;
                default -> throw new BrokenRecord("Content-Encoding: nobody knows " + name);
            };
        }
    }

    private Optional<byte[]> decoded(byte[] body, Coding coding) throws IOException {
        if (body.length == 0 || !looksEncoded(body, coding)) {
            return Optional.of(body);
        }
        try (InputStream in =
                switch (coding) {
                    case NONE -> new ByteArrayInputStream(body);
                    case GZIP -> new GZIPInputStream(new ByteArrayInputStream(body));
                    case DEFLATE ->
                        new InflaterInputStream(new ByteArrayInputStream(body), new Inflater(!isZlib(body)));
                    case BROTLI -> new BrotliInputStream(new ByteArrayInputStream(body));
                    case ZSTD -> new ZstdInputStream(new ByteArrayInputStream(body)).setLongMax(ZSTD_WINDOW);
                }) {
            return bounded(in, max);
        } catch (IOException e) {
            if (coding == Coding.BROTLI || coding == Coding.DEFLATE && !isZlib(body)) {
                return Optional.of(body); // these have no mark of their own: it was decoded already
            }
            throw new BrokenRecord("the body cannot be decoded: " + e.getMessage());
        }
    }

    private static boolean looksEncoded(byte[] body, Coding coding) {
        return switch (coding) {
            case NONE -> false;
            case GZIP -> startsWith(body, 0x1f, 0x8b);
            case ZSTD -> startsWith(body, 0x28, 0xb5, 0x2f, 0xfd);
            case DEFLATE, BROTLI -> !startsWith(body, '<');
        };
    }

    private static boolean isZlib(byte[] body) {
        return body.length > 1 && (body[0] & 0x0f) == 8 && ((body[0] & 0xff) << 8 | body[1] & 0xff) % 31 == 0;
    }

    private static boolean startsWith(byte[] body, int... mark) {
        if (body.length < mark.length) {
            return false;
        }
        for (int i = 0; i < mark.length; i++) {
            if ((body[i] & 0xff) != mark[i]) {
                return false;
            }
        }
        return true;
    }

    private static Optional<byte[]> bounded(InputStream in, int max) throws IOException {
        byte[] bytes = in.readNBytes(max);
        return bytes.length == max && in.read() >= 0 ? Optional.empty() : Optional.of(bytes);
    }

    /// RFC 9112 section 7.1. What does not look like chunks was stored without them.
    private static byte[] unchunked(byte[] body) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(body.length);
        int at = 0;
        while (at < body.length) {
            int end = lineEnd(body, at);
            int size = end < 0 ? -1 : chunkSize(body, at, end);
            if (size < 0) {
                return out.size() == 0 ? body : out.toByteArray();
            }
            at = end + 1;
            int count = Math.min(size, body.length - at);
            out.write(body, at, count);
            at += count;
            if (size == 0) {
                break; // trailers may follow, and mean nothing here
            }
            while (at < body.length && (body[at] == '\r' || body[at] == '\n')) {
                at++;
                if (body[at - 1] == '\n') {
                    break;
                }
            }
        }
        return out.toByteArray();
    }

    private static int lineEnd(byte[] body, int from) {
        for (int i = from; i < Math.min(body.length, from + 1024); i++) {
            if (body[i] == '\n') {
                return i;
            }
        }
        return -1;
    }

    /// Hexadecimal digits up to an extension or the end of the line; -1 where there are none.
    private static int chunkSize(byte[] body, int from, int end) {
        long size = 0;
        int at = from;
        for (; at < end && Character.digit(body[at], 16) >= 0; at++) {
            size = Math.min(Integer.MAX_VALUE, size * 16 + Character.digit(body[at], 16));
        }
        boolean ended = at == end || body[at] == '\r' || body[at] == ';' || body[at] == ' ';
        return at > from && ended ? (int) size : -1;
    }
}
