package org.millrace.archives;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/// A file as its gzip members, one after another (RFC 1952), each checked against its sum; or, if it is
/// not gzipped, as the one member that it is.
///
/// `java.util.zip.GZIPInputStream` joins members and gives up at the first damage. Here the reader sees
/// where a member ends, which is where WARC records do, and can go on behind one that is damaged.
final class Members implements Closeable {

    private static final int SIZE = 1 << 16;
    private static final int HAS_CRC = 2;
    private static final int HAS_EXTRA = 4;
    private static final int HAS_NAME = 8;
    private static final int HAS_COMMENT = 16;
    private static final int RESERVED = 0xe0;

    /// Half of what the format allows; programs write some dozen bytes, if any.
    private static final int MAX_EXTRA = SIZE / 2 - 16;

    private final InputStream in;
    private final byte[] buffer = new byte[SIZE];
    private int from;
    private int to;

    private final Inflater inflater = new Inflater(true);
    private final CRC32 sum = new CRC32();
    private boolean started;
    private boolean plain;
    private boolean inside;
    private boolean fed;

    /// Where the member in hand starts in the buffer; -1 when that is gone, or none is in hand.
    private int start = -1;
    /// What was read before the buffer, and how far it was searched for a member again.
    private long base;
    private long searchedTo;

    Members(InputStream in) {
        this.in = in;
    }

    /// Enters the next member; the one before must have been read to its end.
    ///
    /// @return false at the end of the file
    /// @throws BrokenRecord if something else than a member starts here
    boolean next() throws IOException {
        if (inside) {
            throw new IllegalStateException("a member was left before its end");
        }
        if (!started) {
            started = true;
            plain = !isGzipped();
            inside = plain && have(1);
            if (plain) {
                return inside;
            }
        }
        if (plain || !have(1)) {
            return false;
        }
        start = from;
        readHeader();
        inflater.reset();
        sum.reset();
        fed = false;
        inside = true;
        return true;
    }

    /// Bytes of the member in hand; -1 at its end.
    ///
    /// @throws BrokenRecord if its data or its sum is wrong
    /// @throws TruncatedArchive if the file ends inside it
    int read(byte[] target, int offset, int length) throws IOException {
        if (!inside || length == 0) {
            return inside ? 0 : -1;
        }
        if (plain) {
            return readPlain(target, offset, length);
        }
        try {
            while (true) {
                int inflated = inflater.inflate(target, offset, length);
                if (inflated > 0) {
                    sum.update(target, offset, inflated);
                    return inflated;
                }
                if (inflater.finished()) {
                    end();
                    return -1;
                }
                if (inflater.needsDictionary()) {
                    throw new BrokenRecord("a member asks for a dictionary");
                }
                if (!have(1)) {
                    throw endedInside("data");
                }
                inflater.setInput(buffer, from, to - from);
                from = to;
                fed = true;
            }
        } catch (DataFormatException e) {
            giveBack();
            throw new BrokenRecord("damaged gzip data: " + e.getMessage());
        }
    }

    /// Leaves the member in hand as it is and looks for the start of another, as gzip's own magic shows
    /// it. What looks like one inside of damaged data fails in its turn.
    ///
    /// Damaged data may have been read far beyond its member's end. So the search starts anew behind the
    /// start of the member, as far as that is still at hand; once, or a hostile file would have the same
    /// bytes read again and again.
    void resync() throws IOException {
        giveBack();
        inside = false;
        if (start >= 0 && base + start >= searchedTo) {
            searchedTo = base + to;
            from = start + 1;
        }
        start = -1;
        while (have(10) && !startsLikeMember()) {
            from++;
        }
        if (to - from < 10) {
            from = to; // fewer bytes than a header has
        }
    }

    boolean isPlain() {
        return plain;
    }

    @Override
    public void close() throws IOException {
        inflater.end();
        in.close();
    }

    private int readPlain(byte[] target, int offset, int length) throws IOException {
        if (!have(1)) {
            inside = false;
            return -1;
        }
        int count = Math.min(length, to - from);
        System.arraycopy(buffer, from, target, offset, count);
        from += count;
        return count;
    }

    /// Two of three bytes will do, or a file whose very first byte is damaged would be lost whole.
    private boolean isGzipped() throws IOException {
        int right = 0;
        if (have(3)) {
            right += buffer[from] == 0x1f ? 1 : 0;
            right += buffer[from + 1] == (byte) 0x8b ? 1 : 0;
            right += buffer[from + 2] == 8 ? 1 : 0;
        }
        return right >= 2;
    }

    private boolean startsLikeMember() throws IOException {
        return have(4) && startsLikeMember(from);
    }

    private boolean startsLikeMember(int at) {
        return buffer[at] == 0x1f
                && buffer[at + 1] == (byte) 0x8b
                && buffer[at + 2] == 8
                && (buffer[at + 3] & RESERVED) == 0;
    }

    private void readHeader() throws IOException {
        if (!startsLikeMember()) {
            throw new BrokenRecord("no gzip member starts here");
        }
        int flags = buffer[from + 3];
        require(10);
        from += 10;
        if ((flags & HAS_EXTRA) != 0) {
            require(2);
            int extra = (buffer[from] & 0xff) | (buffer[from + 1] & 0xff) << 8;
            from += 2;
            if (extra > MAX_EXTRA) {
                throw new BrokenRecord("a gzip header of %d bytes".formatted(extra));
            }
            require(extra);
            from += extra;
        }
        if ((flags & HAS_NAME) != 0) {
            skipText();
        }
        if ((flags & HAS_COMMENT) != 0) {
            skipText();
        }
        if ((flags & HAS_CRC) != 0) {
            require(2);
            from += 2;
        }
    }

    private void skipText() throws IOException {
        for (int i = 0; i < MAX_EXTRA; i++) {
            require(1);
            if (buffer[from++] == 0) {
                return;
            }
        }
        throw new BrokenRecord("a gzip header without end");
    }

    private void end() throws IOException {
        giveBack();
        require(8);
        long wantedSum = little(from);
        long wantedLength = little(from + 4);
        from += 8;
        inside = false;
        start = -1;
        if (wantedSum != sum.getValue() || wantedLength != (inflater.getBytesWritten() & 0xffffffffL)) {
            throw new BrokenRecord("the sum of a gzip member is wrong");
        }
    }

    /// What the inflater was given and did not use.
    private void giveBack() {
        if (fed) {
            from = to - inflater.getRemaining();
            inflater.setInput(buffer, 0, 0);
            fed = false;
        }
    }

    private long little(int at) {
        return (buffer[at] & 0xffL)
                | (buffer[at + 1] & 0xffL) << 8
                | (buffer[at + 2] & 0xffL) << 16
                | (buffer[at + 3] & 0xffL) << 24;
    }

    private void require(int bytes) throws IOException {
        if (!have(bytes)) {
            throw endedInside("header or trailer");
        }
    }

    /// Damaged data may ask for more than its member has, up to the end of the file: if others start behind
    /// it, it is the member that is wrong.
    private IOException endedInside(String part) {
        for (int i = start + 1; start >= 0 && i + 4 <= to; i++) {
            if (startsLikeMember(i)) {
                return new BrokenRecord("damaged gzip " + part);
            }
        }
        return new TruncatedArchive("the file ends inside gzip " + part);
    }

    /// Fills the buffer until so many bytes wait in it; false if the file has fewer. Keeps the start of
    /// the member in hand while it takes no more than half of the buffer.
    private boolean have(int bytes) throws IOException {
        while (to - from < bytes) {
            boolean keep = start >= 0 && from - start <= SIZE / 2;
            int first = keep ? start : from;
            start = keep ? 0 : -1;
            System.arraycopy(buffer, first, buffer, 0, to - first);
            base += first;
            to -= first;
            from -= first;
            int count = in.read(buffer, to, SIZE - to);
            if (count < 0) {
                return false;
            }
            to += count;
        }
        return true;
    }
}
