package org.millrace.crawler.warc;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/// The end of a gzip file that may have been cut off: where its last whole member ends.
///
/// Searched for from the end, so that it takes as long as the last members are large, however large the
/// file is.
final class GzipTail {

    private static final int WINDOW = 1 << 16;
    private static final int HEADER = 10;
    private static final int TRAILER = 8;

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
                        return end;
                    }
                }
            }
        }
        return 0;
    }

    /// A member as jwarc writes it: without name, comment or extra field.
    private static boolean startsMember(ByteBuffer bytes, int at) {
        return at + HEADER <= bytes.limit()
                && bytes.get(at) == 0x1f
                && bytes.get(at + 1) == (byte) 0x8b
                && bytes.get(at + 2) == 8
                && bytes.get(at + 3) == 0;
    }

    /// Where the member that starts there ends; -1 if it is not whole.
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
                if (inflated == 0 && !inflater.finished()) {
                    if (inflater.needsDictionary() || at >= size) {
                        return -1;
                    }
                    read(in, at, (int) Math.min(WINDOW, size - at));
                    inflater.setInput(in.array(), 0, in.limit());
                    at += in.limit();
                }
            }
            long data = at - inflater.getRemaining();
            return data + TRAILER <= size && isSum(data, sum.getValue(), inflater.getBytesWritten())
                    ? data + TRAILER
                    : -1;
        } catch (DataFormatException e) {
            return -1; // the magic stood there by chance
        } finally {
            inflater.end();
        }
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
