package org.millrace.cleaner.command;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/// Byte strings in a file that goes with the process, by their numbers from 0. Eight bytes each stay in memory.
final class Spill implements AutoCloseable {

    private final FileChannel file;

    /// Where each ends.
    private long[] ends = new long[1 << 10];

    private int size;

    /// @param path that does not exist
    Spill(Path path) throws IOException {
        file = FileChannel.open(
                path,
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                StandardOpenOption.DELETE_ON_CLOSE);
    }

    void add(byte[] bytes) throws IOException {
        if (size == ends.length) {
            ends = Arrays.copyOf(ends, 2 * size);
        }
        long end = start(size);
        for (ByteBuffer rest = ByteBuffer.wrap(bytes); rest.hasRemaining(); ) {
            end += file.write(rest, end);
        }
        ends[size++] = end;
    }

    byte[] get(int number) throws IOException {
        long from = start(number);
        ByteBuffer bytes = ByteBuffer.allocate((int) (ends[number] - from));
        while (bytes.hasRemaining()) {
            if (file.read(bytes, from + bytes.position()) < 0) {
                throw new EOFException("expected " + ends[number] + " bytes in a file of ours, got " + file.size());
            }
        }
        return bytes.array();
    }

    private long start(int number) {
        return number == 0 ? 0 : ends[number - 1];
    }

    int size() {
        return size;
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
