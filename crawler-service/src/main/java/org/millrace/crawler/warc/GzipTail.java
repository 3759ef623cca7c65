package org.millrace.crawler.warc;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/// The end of a gzip file that may have been cut off: where its last whole member ends.
///
/// Searched for from the end, so that it takes as long as the last members are large, however large the
/// file is. A body may hold a gzip file, whose bytes stand in its record as they are: a member that is
/// followed by anything but the end of the file, or a member that is cut off there, may be such a one. Then
/// the file is read from its start.
final class GzipTail {

    private static final int WINDOW = 1 << 16;
    private static final int HEADER = 10;
    private static final int TRAILER = 8;
    private static final byte[] MAGIC = {0x1f, (byte) 0x8b, 8, 0};

    private static final long NONE = -1;
    private static final long CUT_OFF = -2;

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
                        return end == size || isCutOff(end) ? end : walk();
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

    private boolean isCutOff(long start) throws IOException {
        ByteBuffer header = ByteBuffer.allocate((int) Math.min(MAGIC.length, size - start));
        read(header, start, header.capacity());
        return Arrays.equals(header.array(), Arrays.copyOf(MAGIC, header.capacity())) && end(start) == CUT_OFF;
    }

    /// A member as jwarc writes it: without name, comment or extra field.
    private static boolean startsMember(ByteBuffer bytes, int at) {
        return at + HEADER <= bytes.limit() && bytes.slice(at, MAGIC.length).equals(ByteBuffer.wrap(MAGIC));
    }

    /// Where the member that starts there ends; [#NONE] if it is none, [#CUT_OFF] if the file ends before it.
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
                        return inflater.needsDictionary() ? NONE : CUT_OFF;
                    }
                    read(in, at, (int) Math.min(WINDOW, size - at));
                    inflater.setInput(in.array(), 0, in.limit());
                    at += in.limit();
                }
            }
            long data = at - inflater.getRemaining();
            if (data + TRAILER > size) {
                return CUT_OFF;
            }
            return isSum(data, sum.getValue(), inflater.getBytesWritten()) ? data + TRAILER : NONE;
        } catch (DataFormatException e) {
            return NONE; // the magic stood there by chance
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
