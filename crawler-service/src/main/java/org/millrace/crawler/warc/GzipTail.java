package org.millrace.crawler.warc;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/// The end of a WARC file that may have been cut off: where its last whole member ends.
///
/// Searched for from the end: a file that ends with a whole record takes as long as that is large. Any
/// other is read from its start, as a body may hold gzip files, whose bytes stand in its record as they
/// are: what is followed by anything but the end of the file may be such a one.
final class GzipTail {

    private static final int WINDOW = 1 << 16;
    private static final int HEADER = 10;
    private static final int TRAILER = 8;
    private static final byte[] MAGIC = {0x1f, (byte) 0x8b, 8, 0};

    /// What each record begins with, unlike most gzip files that a body holds.
    private static final byte[] RECORD = {'W', 'A', 'R', 'C', '/'};

    private static final long NONE = -1;

    private final FileChannel file;
    private final long size;

    private GzipTail(FileChannel file) throws IOException {
        this.file = file;
        this.size = file.size();
    }

    /// Bytes up to the end of the last whole member; 0 if there is none.
    static long wholeBytes(FileChannel file) throws IOException {
        return new GzipTail(file).search();
    }

    private long search() throws IOException {
        ByteBuffer window = ByteBuffer.allocate(WINDOW + HEADER);
        for (long to = size; to > 0; to -= WINDOW) {
            long from = Math.max(0, to - WINDOW);
            read(window, from, (int) (Math.min(size, to + HEADER) - from));
            for (int i = (int) (to - from) - 1; i >= 0; i--) {
                if (startsMember(window, i)) {
                    long end = end(from + i);
                    if (end > 0) {
                        return end == size ? end : walk();
                    }
                }
            }
        }
        return 0;
    }

    private long walk() throws IOException {
        long at = 0;
        for (long end = end(0); end > 0; end = end(at)) {
            at = end;
        }
        return at;
    }

    /// A member as jwarc writes it: without name, comment or extra field.
    private static boolean startsMember(ByteBuffer bytes, int at) {
        return at + HEADER <= bytes.limit() && bytes.slice(at, MAGIC.length).equals(ByteBuffer.wrap(MAGIC));
    }

    /// Where the member that starts there ends; [#NONE] if it is no record, or not a whole one.
    private long end(long start) throws IOException {
        Inflater inflater = new Inflater(true);
        try {
            CRC32 sum = new CRC32();
            ByteBuffer in = ByteBuffer.allocate(WINDOW);
            byte[] out = new byte[WINDOW];
            long at = start + HEADER;
            while (!inflater.finished()) {
                int inflated = inflater.inflate(out);
                sum.update(out, 0, inflated);
                if (inflated > 0 && inflater.getBytesWritten() == inflated && !startsRecord(out)) {
                    return NONE;
                }
                if (inflated == 0 && !inflater.finished()) {
                    if (inflater.needsDictionary() || at >= size) {
                        return NONE;
                    }
                    read(in, at, (int) Math.min(WINDOW, size - at));
                    inflater.setInput(in.array(), 0, in.limit());
                    at += in.limit();
                }
            }
            long data = at - inflater.getRemaining();
            boolean isWhole = data + TRAILER <= size && isSum(data, sum.getValue(), inflater.getBytesWritten());
            return isWhole ? data + TRAILER : NONE;
        } catch (DataFormatException e) {
            return NONE; // the magic stood there by chance
        } finally {
            inflater.end();
        }
    }

    private static boolean startsRecord(byte[] inflated) {
        return Arrays.equals(inflated, 0, RECORD.length, RECORD, 0, RECORD.length);
    }

    private boolean isSum(long at, long sum, long length) throws IOException {
        ByteBuffer trailer = ByteBuffer.allocate(TRAILER);
        read(trailer, at, TRAILER);
        trailer.order(ByteOrder.LITTLE_ENDIAN);
        return trailer.getInt(0) == (int) sum && trailer.getInt(4) == (int) length;
    }

    private void read(ByteBuffer target, long from, int bytes) throws IOException {
        target.clear().limit(bytes);
        while (target.hasRemaining()) {
            if (file.read(target, from + target.position()) < 0) {
                throw new IOException("the file shrank while it was read");
            }
        }
        target.flip();
    }
}
