package org.millrace.cli.model.gguf;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.millrace.checkpoint.TensorSource;

/// Writes GGUF, version 3. It knows the format and nothing of models.
///
/// ```text
/// "GGUF" │ u32 3 │ u64 tensors │ u64 keys │ keys │ tensors' names, shapes, types, offsets │ padding │ data
/// ```
///
/// All little-endian; the data of each tensor begins at a multiple of 32 bytes. Keys and tensors stand in the
/// order in which they were added, so the same model is the same bytes.
final class GgufWriter {

    private static final int VERSION = 3;
    private static final int ALIGNMENT = 32;

    /// A multiple of every block.
    private static final int CHUNK_FLOATS = 1 << 18;

    /// Types of keys.
    private static final int UINT32 = 4;
    private static final int INT32 = 5;
    private static final int FLOAT32 = 6;
    private static final int BOOL = 7;
    private static final int STRING = 8;
    private static final int ARRAY = 9;

    private record Tensor(String name, GgufType type, TensorSource values) {}

    private final Bytes keys = new Bytes();
    private final List<Tensor> tensors = new ArrayList<>();
    private int keyCount;

    void whole(String key, int value) {
        key(key, UINT32).u32(value);
    }

    void real(String key, double value) {
        key(key, FLOAT32).u32(Float.floatToRawIntBits((float) value));
    }

    void flag(String key, boolean value) {
        key(key, BOOL).write(value ? 1 : 0);
    }

    void text(String key, String value) {
        key(key, STRING).text(value);
    }

    void texts(String key, List<String> values) {
        key(key, ARRAY).u32(STRING);
        keys.u64(values.size());
        values.forEach(keys::text);
    }

    void wholes(String key, int[] values) {
        key(key, ARRAY).u32(INT32);
        keys.u64(values.length);
        for (int value : values) {
            keys.u32(value);
        }
    }

    private Bytes key(String name, int type) {
        keyCount++;
        keys.text(name);
        keys.u32(type);
        return keys;
    }

    void tensor(String name, GgufType type, TensorSource values) {
        tensors.add(new Tensor(name, type, values));
    }

    /// Writes a whole file or none.
    ///
    /// @throws IllegalArgumentException if a number does not fit its tensor's type; names the tensor
    void write(Path file) throws IOException {
        Path target = file.toAbsolutePath();
        Path draft = target.resolveSibling("." + target.getFileName() + "." + UUID.randomUUID());
        try {
            try (FileChannel channel =
                    FileChannel.open(draft, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
                drain(channel, ByteBuffer.wrap(head()));
                for (Tensor tensor : tensors) {
                    write(channel, tensor);
                }
                channel.force(true);
            }
            Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(draft);
        }
    }

    private byte[] head() {
        Bytes head = new Bytes();
        head.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
        head.u32(VERSION);
        head.u64(tensors.size());
        head.u64(keyCount);
        head.writeBytes(keys.toByteArray());
        long offset = 0;
        for (Tensor tensor : tensors) {
            long[] shape = tensor.values().shape();
            head.text(tensor.name());
            head.u32(shape.length);
            for (int i = shape.length - 1; i >= 0; i--) { // the innermost first
                head.u64(shape[i]);
            }
            head.u32(tensor.type().number());
            head.u64(offset);
            offset = aligned(offset + tensor.type().bytes(tensor.values().count()));
        }
        head.writeBytes(new byte[(int) (aligned(head.size()) - head.size())]);
        return head.toByteArray();
    }

    private static void write(FileChannel channel, Tensor tensor) throws IOException {
        long count = tensor.values().count();
        FloatBuffer piece = FloatBuffer.allocate(CHUNK_FLOATS);
        ByteBuffer bytes = ByteBuffer.allocate(CHUNK_FLOATS * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (long from = 0; from < count; from += CHUNK_FLOATS) {
            piece.clear().limit((int) Math.min(CHUNK_FLOATS, count - from));
            tensor.values().read(from, piece);
            try {
                tensor.type().put(piece.flip(), bytes.clear());
            } catch (ArithmeticException e) {
                throw new IllegalArgumentException("tensor \"%s\": %s".formatted(tensor.name(), e.getMessage()), e);
            }
            drain(channel, bytes.flip());
        }
        long size = tensor.type().bytes(count);
        drain(channel, ByteBuffer.allocate((int) (aligned(size) - size)));
    }

    private static long aligned(long size) {
        return Math.ceilDiv(size, ALIGNMENT) * ALIGNMENT;
    }

    private static void drain(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /// Little-endian bytes in memory.
    private static final class Bytes extends ByteArrayOutputStream {

        void u32(int value) {
            for (int shift = 0; shift < 32; shift += 8) {
                write(value >>> shift);
            }
        }

        void u64(long value) {
            u32((int) value);
            u32((int) (value >>> 32));
        }

        void text(String value) {
            byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
            u64(utf8.length);
            writeBytes(utf8);
        }
    }
}
