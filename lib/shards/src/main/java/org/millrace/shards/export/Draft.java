package org.millrace.shards.export;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/// A file that gets its name when all of it is on disk. Closed before that, it leaves nothing.
final class Draft implements AutoCloseable {

    /// What one write takes from a mapped file.
    private static final long PIECE_BYTES = 1 << 20;

    private final Path file;
    private final Path temporary;
    private final FileChannel channel;

    Draft(Path file) throws IOException {
        this.file = file;
        temporary = file.resolveSibling(file.getFileName() + "." + UUID.randomUUID() + ".part");
        channel = FileChannel.open(temporary, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
    }

    void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    void write(MemorySegment bytes) throws IOException {
        for (long at = 0; at < bytes.byteSize(); at += PIECE_BYTES) {
            write(bytes.asSlice(at, Math.min(PIECE_BYTES, bytes.byteSize() - at))
                    .asByteBuffer());
        }
    }

    /// Over the first bytes, which are there already.
    void overwrite(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes, bytes.position());
        }
    }

    /// Puts it on disk; it has no name yet.
    void finish() throws IOException {
        channel.force(true);
    }

    void publish() throws IOException {
        finish();
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    @Override
    public void close() throws IOException {
        channel.close();
        Files.deleteIfExists(temporary);
    }
}
