package org.millrace.archives;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.regex.Pattern;

/// The records of a WARC file (ISO 28500, versions 0.17 to 1.1), as headers with the stream of their block.
///
/// A record must end in the gzip member that it starts in; several may share one. Behind damage the next
/// line that starts a record is looked for, then the next member.
final class WarcRecords implements Closeable {

    /// Longer blocks are claimed, never written: 1 TiB.
    private static final long MAX_LENGTH = 1L << 40;

    private static final int SIZE = 16 << 10;
    private static final Pattern VERSION = Pattern.compile("WARC/\\d\\.\\d{1,2}");
    private static final byte[] START = "WARC/".getBytes(UTF_8);

    private final Members members;
    private final int maxHead;
    private final Unit unit = new Unit();
    private Block block = new Block(0);
    private boolean inMember;
    private boolean inRecord;

    WarcRecords(InputStream in, int maxHead) {
        this.members = new Members(in);
        this.maxHead = maxHead;
    }

    /// @param block ends where the record does, or its member before
    record Record(Fields fields, Block block) {}

    /// The next record; [#finish] was called for the last one. Empty at the end.
    ///
    /// @throws BrokenRecord if it cannot be read
    /// @throws TruncatedArchive if the file ends inside it
    Optional<Record> next() throws IOException {
        if (!findRecord()) {
            return Optional.empty();
        }
        Head head = Head.read(unit, maxHead, UTF_8);
        if (!VERSION.matcher(head.start()).matches()) {
            throw new BrokenRecord("no WARC record starts here");
        }
        block = new Block(length(head.fields()));
        inRecord = true;
        return Optional.of(new Record(head.fields(), block));
    }

    /// Goes to the end of the record in hand, and of its member if that ends there too: only then is its
    /// sum known to be right.
    void finish() throws IOException {
        if (!unit.isDamaged) {
            block.skipRest();
            unit.skipLineEnds();
        }
        inRecord = false;
    }

    /// Goes on behind what threw a [BrokenRecord].
    void recover() throws IOException {
        try {
            if (inRecord) {
                finish(); // what looks like a record inside a page is none
            } else if (!unit.isDamaged) {
                unit.skipToRecord();
            }
        } catch (BrokenRecord e) {
            // The damage is in its gzip data too, or it ends early: resync() or the next member will do.
        }
        inRecord = false;
        if (unit.isDamaged) {
            members.resync();
            unit.clear();
            inMember = false;
        }
    }

    @Override
    public void close() throws IOException {
        members.close();
    }

    private boolean findRecord() throws IOException {
        while (true) {
            if (inMember && unit.skipLineEnds()) {
                return true;
            }
            try {
                inMember = members.next();
            } catch (BrokenRecord e) {
                unit.isDamaged = true;
                throw e;
            }
            unit.clear();
            if (!inMember) {
                return false;
            }
        }
    }

    private static long length(Fields fields) throws BrokenRecord {
        String text = fields.first("Content-Length");
        if (!text.matches("\\d{1,18}")) {
            throw new BrokenRecord("Content-Length: expected a number, got " + text);
        }
        long length = Long.parseLong(text);
        if (length > MAX_LENGTH) {
            throw new BrokenRecord("Content-Length: expected at most %d, got %d".formatted(MAX_LENGTH, length));
        }
        return length;
    }

    /// The bytes of the member in hand.
    private final class Unit extends InputStream {
        private final byte[] buffer = new byte[SIZE];
        private int at;
        private int end;
        private boolean isDamaged;

        @Override
        public int read() throws IOException {
            return fill() ? buffer[at++] & 0xff : -1;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (!fill()) {
                return -1;
            }
            int count = Math.min(length, end - at);
            System.arraycopy(buffer, at, target, offset, count);
            at += count;
            return count;
        }

        void clear() {
            at = 0;
            end = 0;
            isDamaged = false;
        }

        /// False if nothing but line ends is left.
        boolean skipLineEnds() throws IOException {
            while (fill()) {
                if (buffer[at] != '\r' && buffer[at] != '\n') {
                    return true;
                }
                at++;
            }
            return false;
        }

        /// To the next line that starts a record, or to the end.
        void skipToRecord() throws IOException {
            int matched = -1; // not at the start of a line
            while (matched < START.length && fill()) {
                byte b = buffer[at++];
                if (b == '\n') {
                    matched = 0;
                } else if (matched >= 0) {
                    matched = b == START[matched] ? matched + 1 : -1;
                }
            }
            if (matched == START.length) {
                at -= START.length; // fill() keeps what it may have to give back
            }
        }

        /// Keeps the last bytes in front of new ones, for [#skipToRecord].
        private boolean fill() throws IOException {
            if (at < end) {
                return true;
            }
            int kept = Math.min(START.length, end);
            System.arraycopy(buffer, end - kept, buffer, 0, kept);
            at = kept;
            end = kept;
            int count;
            try {
                count = members.read(buffer, kept, SIZE - kept);
            } catch (BrokenRecord e) {
                isDamaged = true;
                throw e;
            }
            if (count < 0) {
                return false;
            }
            end += count;
            return true;
        }
    }

    /// The block of a record.
    final class Block extends InputStream {
        private long left;

        private Block(long length) {
            this.left = length;
        }

        @Override
        public int read() throws IOException {
            if (left == 0) {
                return -1;
            }
            int b = unit.read();
            left = b < 0 ? cut() : left - 1;
            return b;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (left == 0) {
                return length == 0 ? 0 : -1;
            }
            int count = unit.read(target, offset, (int) Math.min(length, left));
            left = count < 0 ? cut() : left - count;
            return count;
        }

        void skipRest() throws IOException {
            while (left > 0) {
                if (!unit.fill()) {
                    cut();
                }
                int count = (int) Math.min(left, unit.end - unit.at);
                unit.at += count;
                left -= count;
            }
        }

        /// The member is at its end before the record is.
        private long cut() throws IOException {
            left = 0;
            if (members.isPlain()) {
                throw new TruncatedArchive("the file ends inside a record");
            }
            throw new BrokenRecord("a gzip member ends inside a record");
        }
    }
}
