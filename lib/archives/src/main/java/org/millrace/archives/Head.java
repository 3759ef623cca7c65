package org.millrace.archives;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// A start line and the fields under it, as WARC and HTTP both write them, up to the empty line.
record Head(String start, Fields fields) {

    /// @param max bytes until the end of the empty line
    /// @throws BrokenRecord if there are more, or they end before the empty line
    static Head read(InputStream in, int max, Charset charset) throws IOException {
        Lines lines = new Lines(in, max, charset);
        String start = lines.next();
        List<Fields.Field> fields = new ArrayList<>();
        for (String line = lines.next(); !line.isEmpty(); line = lines.next()) {
            boolean folded = line.charAt(0) == ' ' || line.charAt(0) == '\t';
            if (folded && !fields.isEmpty()) {
                Fields.Field last = fields.removeLast();
                fields.add(new Fields.Field(last.name(), (last.value() + " " + line.strip()).strip()));
                continue;
            }
            int colon = line.indexOf(':');
            if (colon > 0) { // servers send lines without; they mean nothing
                fields.add(new Fields.Field(
                        line.substring(0, colon).strip(),
                        line.substring(colon + 1).strip()));
            }
        }
        return new Head(start, new Fields(fields));
    }

    private static final class Lines {
        private final InputStream in;
        private final Charset charset;
        private final byte[] line;
        private int left;

        Lines(InputStream in, int max, Charset charset) {
            this.in = in;
            this.charset = charset;
            this.left = max;
            this.line = new byte[Math.min(max, 8 << 10)];
        }

        /// Without its end, which is CR LF, or LF alone as sloppy programs write it.
        String next() throws IOException {
            byte[] bytes = line;
            int length = 0;
            for (int b = in.read(); b != '\n'; b = in.read()) {
                if (b < 0) {
                    throw new BrokenRecord("a header without end");
                }
                if (left-- == 0) {
                    throw new BrokenRecord("a header beyond its bound");
                }
                if (length == bytes.length) {
                    bytes = Arrays.copyOf(bytes, length * 2);
                }
                bytes[length++] = (byte) b;
            }
            boolean carriage = length > 0 && bytes[length - 1] == '\r';
            return new String(bytes, 0, carriage ? length - 1 : length, charset);
        }
    }
}
