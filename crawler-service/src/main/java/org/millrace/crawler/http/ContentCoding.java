package org.millrace.crawler.http;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import org.brotli.dec.BrotliInputStream;

/// Undoes content encodings (RFC 9110 section 8.4), the last one first. What each step takes and gives is
/// bounded: a bomb may as well be a gigabyte that unfolds to nothing as a kilobyte that unfolds to a
/// gigabyte.
final class ContentCoding {

    /// What is asked for.
    static final String ACCEPTED = "gzip, br, zstd, deflate";

    /// Nobody means more.
    private static final int MAX_CODINGS = 4;

    private static final int BUFFER = 16 * 1024;

    /// 8 MiB, the most that a sender may ask for (RFC 9659).
    private static final int ZSTD_WINDOW_LOG = 23;

    private ContentCoding() {}

    /// Names in the order in which they were applied; those that change nothing are left out.
    static List<String> names(List<String> fields) {
        List<String> names = new ArrayList<>();
        for (String field : fields) {
            for (String name : field.split(",")) {
                String lower = name.strip().toLowerCase(Locale.ROOT);
                if (!lower.isEmpty() && !lower.equals("identity")) {
                    names.add(lower);
                }
            }
        }
        return names;
    }

    /// @param names as [#names] gives them
    /// @param limit bytes of the encoded body, and of what each step but the last makes of it
    /// @throws Unknown if nobody can undo them
    static InputStream decoded(InputStream encoded, List<String> names, long limit) throws IOException {
        if (names.size() > MAX_CODINGS) {
            throw new Unknown("content encoding: expected at most %d, got %d".formatted(MAX_CODINGS, names.size()));
        }
        InputStream body = encoded;
        try {
            for (String name : names.reversed()) {
                body = step(name, new PushbackInputStream(new Bounded(body, limit), 2));
            }
            return body;
        } catch (IOException | RuntimeException e) {
            body.close(); // some steps hold memory outside the heap
            throw e;
        }
    }

    private static InputStream step(String name, PushbackInputStream encoded) throws IOException {
        int first = encoded.read();
        if (first < 0) {
            return encoded; // nothing, in any encoding
        }
        encoded.unread(first);
        return switch (name) {
            case "gzip", "x-gzip" -> new GZIPInputStream(encoded, BUFFER);
            case "deflate" -> inflated(encoded);
            case "br" -> new BrotliInputStream(encoded, BUFFER);
            case "zstd" -> new ZstdInputStreamNoFinalizer(encoded).setLongMax(ZSTD_WINDOW_LOG);
            default -> throw new Unknown("content encoding %s is not known".formatted(shortened(name)));
        };
    }

    /// The standard means zlib's format; some servers send the bare one.
    private static InputStream inflated(PushbackInputStream encoded) throws IOException {
        int first = encoded.read();
        int second = encoded.read();
        if (second >= 0) {
            encoded.unread(second);
        }
        encoded.unread(first);
        boolean zlib = (first & 0x0f) == 8 && ((first << 8 | second) % 31) == 0;
        Inflater inflater = new Inflater(!zlib);
        return new InflaterInputStream(encoded, inflater, BUFFER) {
            @Override
            public void close() throws IOException {
                super.close();
                inflater.end();
            }
        };
    }

    private static String shortened(String name) {
        return name.length() <= 50 ? name : name.substring(0, 50) + "…";
    }

    /// An encoding that was not asked for.
    static final class Unknown extends IOException {

        private static final long serialVersionUID = 1;

        Unknown(String message) {
            super(message);
        }
    }

    /// A body beyond its limit, on its way in.
    static final class TooLong extends IOException {

        private static final long serialVersionUID = 1;

        TooLong(long limit) {
            super("encoded body: expected at most %d bytes, got more".formatted(limit));
        }
    }

    private static final class Bounded extends FilterInputStream {

        private final long limit;
        private long count;

        Bounded(InputStream in, long limit) {
            super(in);
            this.limit = limit;
        }

        @Override
        public int read() throws IOException {
            int octet = in.read();
            count(octet < 0 ? 0 : 1);
            return octet;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int read = in.read(bytes, offset, length);
            count(Math.max(read, 0));
            return read;
        }

        @Override
        public long skip(long bytes) throws IOException {
            long skipped = in.skip(bytes);
            count(skipped);
            return skipped;
        }

        private void count(long more) throws IOException {
            count += more;
            if (count > limit) {
                throw new TooLong(limit);
            }
        }
    }
}
