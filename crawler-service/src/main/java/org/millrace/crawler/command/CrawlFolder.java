package org.millrace.crawler.command;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.millrace.crawler.warc.WarcFiles;

/// The folder of one crawl.
///
/// ```text
///   DIR/warc/       what was captured: all that others need
///   DIR/state/      what a later run goes on from
///       arguments     of the run that began it
///       position      up to where the WARC files are in step with what is known as done
///       frontier/     what is to be fetched, and what was
/// ```
final class CrawlFolder implements Closeable {

    /// Stands for the name of no file.
    private static final String NONE = "-";

    /// Long enough for a file name and three numbers.
    private static final int POSITION_BYTES = 512;

    private final Path root;
    private final FileChannel lock;
    private final FileChannel position;

    private CrawlFolder(Path root, FileChannel lock, FileChannel position) {
        this.root = root;
        this.lock = lock;
        this.position = position;
    }

    /// How far a run has come.
    ///
    /// @param written all before is known as done
    /// @param archive number of the archive that is being copied
    /// @param records of that archive that are done
    record Position(WarcFiles.Place written, int archive, long records) {

        static final Position START = new Position(WarcFiles.Place.START, 0, 0);
    }

    /// Somebody else uses it, or it is not what it should be. For people.
    static final class Unusable extends IOException {
        private static final long serialVersionUID = 1L;

        Unusable(String message) {
            super(message);
        }
    }

    /// The arguments of the run that began the crawl of a folder; empty if none did.
    static List<String> arguments(Path root) throws IOException {
        Path file = root.resolve("state/arguments");
        return Files.exists(file) ? Files.readAllLines(file) : List.of();
    }

    /// @param arguments of this run, which begins the crawl if there is none
    static CrawlFolder open(Path root, List<String> arguments) throws IOException {
        Path state = Files.createDirectories(root.resolve("state"));
        FileChannel lock = FileChannel.open(state.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (!isFree(lock)) {
            lock.close();
            throw new Unusable("another process crawls into " + root);
        }
        if (arguments(root).isEmpty()) {
            Path file = Files.write(state.resolve("arguments.new"), arguments);
            Files.move(file, state.resolve("arguments"), StandardCopyOption.ATOMIC_MOVE);
        }
        return new CrawlFolder(
                root,
                lock,
                FileChannel.open(
                        state.resolve("position"),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE));
    }

    private static boolean isFree(FileChannel lock) throws IOException {
        try {
            @Nullable FileLock held = lock.tryLock();
            return held != null;
        } catch (OverlappingFileLockException e) {
            return false; // by this very process
        }
    }

    Path root() {
        return root;
    }

    Path warc() {
        return root.resolve("warc");
    }

    Path frontier() {
        return root.resolve("state/frontier");
    }

    Position position() throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(POSITION_BYTES);
        if (position.read(bytes, 0) <= 0) {
            return Position.START;
        }
        String[] parts =
                new String(bytes.array(), 0, bytes.position(), UTF_8).strip().split(" ");
        try {
            return new Position(
                    new WarcFiles.Place(parts[0].equals(NONE) ? "" : parts[0], Long.parseLong(parts[1])),
                    Integer.parseInt(parts[2]),
                    Long.parseLong(parts[3]));
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            throw new Unusable("%s/state/position is damaged: expected FILE BYTES ARCHIVE RECORDS, got %s"
                    .formatted(root, List.of(parts)));
        }
    }

    /// In one write, which a killed process does or does not do.
    void position(Position now) throws IOException {
        String file = now.written().file().isEmpty() ? NONE : now.written().file();
        String text = "%s %d %d %d".formatted(file, now.written().bytes(), now.archive(), now.records());
        byte[] line = "%-511s\n".formatted(text).getBytes(UTF_8);
        position.write(ByteBuffer.wrap(line), 0);
    }

    @Override
    public void close() throws IOException {
        try (lock) {
            position.force(true);
            position.close();
        }
    }
}
