package org.millrace.crawler.warc;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A folder of WARC files that grows by whole records: `NAME-20260102030405-00007.warc.gz`, a new one when
/// one is full.
///
/// Each record is a gzip member of its own and is written at once, so a file is readable at any time but
/// for a last record that a killed process or a full disk cut off. Whoever opens the folder next cuts that
/// away and goes on. Files are forced to the disk when they are full and when they are closed.
///
/// One process writes the files of a name; safe for use by many threads.
public final class WarcFiles implements Closeable {

    /// One gigabyte, the size that the standard recommends.
    public static final long USUAL_BYTES = 1L << 30;

    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMddHHmmss", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final Path folder;
    private final String name;
    private final long maxBytes;
    private final Map<String, String> info;
    private final InstantSource clock;

    private int serial;
    private @Nullable Path path;
    private @Nullable FileChannel file;
    private long end;

    private WarcFiles(Path folder, String name, long maxBytes, Map<String, String> info, InstantSource clock) {
        this.folder = folder;
        this.name = name;
        this.maxBytes = maxBytes;
        this.info = Map.copyOf(info);
        this.clock = clock;
    }

    /// @param name what the names of the files begin with
    /// @param maxBytes a file that has as many is followed by another
    /// @param info what each file says of its origin
    public static WarcFiles open(Path folder, String name, long maxBytes, Map<String, String> info, InstantSource clock)
            throws IOException {
        WarcFiles files = new WarcFiles(folder, name, maxBytes, info, clock);
        Files.createDirectories(folder);
        List<Path> old = files.written();
        if (!old.isEmpty()) {
            files.goOnWith(old.getLast());
        }
        return files;
    }

    /// The end of a record: all of the files before, and so many bytes of this one.
    ///
    /// @param file its name; empty before the first record
    public record Place(String file, long bytes) {

        public static final Place START = new Place("", 0);
    }

    /// Writes one record.
    ///
    /// @param record a whole gzip member
    /// @return its end
    public synchronized Place append(byte[] record) throws IOException {
        FileChannel open = file;
        if (open == null || end >= maxBytes) {
            close();
            open = begin();
        }
        write(open, record);
        return end();
    }

    /// Where the next record will start.
    public synchronized Place end() {
        return path == null ? Place.START : new Place(path.getFileName().toString(), end);
    }

    /// Takes back what was written behind a place. The place must be in the last file, or be its start.
    public synchronized void cut(Place place) throws IOException {
        if (file == null || path == null) {
            return;
        }
        long bytes = path.getFileName().toString().equals(place.file) ? place.bytes : 0;
        if (bytes > end) {
            throw new IOException("%s: expected at least %d bytes, got %d".formatted(path, bytes, end));
        }
        cutOff(file, path, bytes);
    }

    /// All files of this name, oldest first.
    public synchronized List<Path> written() throws IOException {
        Pattern pattern = Pattern.compile(Pattern.quote(name) + "-\\d{14}-(\\d{5,9})\\.warc\\.gz");
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(entry ->
                            pattern.matcher(entry.getFileName().toString()).matches())
                    .sorted(Comparator.comparingInt(entry -> serial(pattern, entry)))
                    .toList();
        }
    }

    /// Everything that was written is on the disk.
    public synchronized void sync() throws IOException {
        if (file != null) {
            file.force(true);
        }
    }

    @Override
    public synchronized void close() throws IOException {
        if (file != null) {
            file.force(true);
            file.close();
            file = null;
        }
    }

    private static int serial(Pattern pattern, Path entry) {
        Matcher matcher = pattern.matcher(entry.getFileName().toString());
        return matcher.matches() ? Integer.parseInt(matcher.group(1)) : -1;
    }

    private void goOnWith(Path last) throws IOException {
        String digits = last.getFileName().toString().replaceFirst(".*-(\\d+)\\.warc\\.gz$", "$1");
        serial = Integer.parseInt(digits);
        FileChannel open = FileChannel.open(last, StandardOpenOption.READ, StandardOpenOption.WRITE);
        file = open;
        path = last;
        cutOff(open, last, GzipTail.wholeBytes(open));
    }

    private void cutOff(FileChannel open, Path at, long bytes) throws IOException {
        open.truncate(bytes);
        end = bytes;
        if (bytes == 0) {
            write(open, CaptureRecords.info(at.getFileName().toString(), info, clock.instant()));
        }
    }

    private FileChannel begin() throws IOException {
        serial++;
        Path next = folder.resolve("%s-%s-%05d.warc.gz".formatted(name, STAMP.format(clock.instant()), serial));
        FileChannel open = FileChannel.open(next, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        file = open;
        path = next;
        end = 0;
        write(open, CaptureRecords.info(next.getFileName().toString(), info, clock.instant()));
        try (FileChannel entries = FileChannel.open(folder)) {
            entries.force(true); // the name too must be on the disk
        }
        return open;
    }

    /// Whole, or not at all.
    private void write(FileChannel open, byte[] record) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(record);
        try {
            while (bytes.hasRemaining()) {
                open.write(bytes, end + bytes.position());
            }
        } catch (IOException e) {
            open.truncate(end); // a full disk has room for this
            throw e;
        }
        end += record.length;
    }
}
