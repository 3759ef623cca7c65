package org.millrace.checkpoint;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// Named tensors, mapped into memory: those of one file, or of the several that an index names.
///
/// ```text
/// u64 header length n (little-endian) │ n bytes of JSON │ tensors, without gaps
/// {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, "__metadata__": {…}}
/// ```
///
/// The header is input from outside. Before anything is read through it, every tensor is checked:
/// offsets inside the file, no overlap and no gap, a size that is what type and shape say. A file
/// that fails is refused with the tensor's name. Buffers are views of the mapping: they must not
/// be used after [#close].
public final class Safetensors implements AutoCloseable {

    /// Longest header that is read, as the reference implementation has it.
    private static final long MAX_HEADER_BYTES = 100_000_000;

    private static final int CHUNK_FLOATS = 1 << 14;
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /// A tensor and its bytes.
    private record Mapped(String dtype, long[] shape, MemorySegment bytes) {}

    private final String where;
    private final Arena arena;
    private final SortedMap<String, Mapped> tensors = new TreeMap<>();
    private final SortedMap<String, String> metadata = new TreeMap<>();

    /// @param where its tensors lie, for messages
    Safetensors(Path where) {
        this.where = where.toString();
        this.arena = Arena.ofShared();
    }

    /// Maps a file and checks its header.
    ///
    /// @throws CheckpointCorrupt if the header is not a true description of the file
    public static Safetensors open(Path file) throws IOException {
        Safetensors opened = new Safetensors(file);
        try {
            opened.add(file);
        } catch (IOException | RuntimeException e) {
            opened.close();
            throw e;
        }
        return opened;
    }

    /// Maps one more file.
    ///
    /// @return names of its tensors
    /// @throws CheckpointCorrupt if its header is not a true description of it, or a tensor of it is there
    ///     already
    Set<String> add(Path file) throws IOException {
        MemorySegment whole;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            whole = channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
        }
        if (whole.byteSize() < 8) {
            throw new CheckpointCorrupt(file, "length: expected at least 8 bytes, got " + whole.byteSize());
        }
        long headerLength = whole.get(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0);
        long most = Math.min(MAX_HEADER_BYTES, whole.byteSize() - 8);
        if (headerLength < 2 || headerLength > most) {
            throw new CheckpointCorrupt(
                    file,
                    "header length: expected 2 to %d, got %s".formatted(most, Long.toUnsignedString(headerLength)));
        }
        byte[] json = whole.asSlice(8, headerLength).toArray(ValueLayout.JAVA_BYTE);
        MemorySegment data = whole.asSlice(8 + headerLength);
        SafetensorsHeader header = SafetensorsHeader.parse(file, json, data.byteSize());
        for (SafetensorsHeader.Entry entry : header.tensors().values()) {
            MemorySegment bytes = data.asSlice(entry.begin(), entry.end() - entry.begin());
            if (tensors.put(entry.name(), new Mapped(entry.dtype(), entry.shape(), bytes)) != null) {
                throw new CheckpointCorrupt(
                        file,
                        "tensor \"%s\": is in another file too".formatted(SafetensorsHeader.shortened(entry.name())));
            }
        }
        metadata.putAll(header.metadata());
        return header.tensors().keySet();
    }

    /// Names of all tensors, sorted.
    public Set<String> names() {
        return Collections.unmodifiableSet(tensors.keySet());
    }

    /// Extents, outermost first.
    public long[] shape(String name) {
        return find(name).shape().clone();
    }

    /// Type of the stored numbers, as the format names it: `F32`, `BF16`, …
    public String dtype(String name) {
        return find(name).dtype();
    }

    /// What the writer said about the file.
    public SortedMap<String, String> metadata() {
        return Collections.unmodifiableSortedMap(metadata);
    }

    /// The numbers as fp32, direct, in native order: a read-only view of the mapping for `F32`, a
    /// widened copy for `BF16` and `F16` (exact).
    ///
    /// @throws IllegalArgumentException if there is no such tensor, it is of another type, or
    ///     over 2 GiB
    public FloatBuffer floats(String name) {
        return floats(name, Arena.ofAuto());
    }

    /// The same.
    ///
    /// @param memory for what is not fp32 in the file; it must be open as long as the buffer is used
    public FloatBuffer floats(String name, Arena memory) {
        Mapped tensor = find(name);
        NumberType type = type(name, tensor);
        long count = tensor.bytes().byteSize() / type.bytes();
        if (count > Integer.MAX_VALUE / Float.BYTES) {
            throw new IllegalArgumentException("tensor \"%s\": expected under 2 GiB as fp32, got %d bytes of %s"
                    .formatted(name, tensor.bytes().byteSize(), type));
        }
        if (type == NumberType.F32) {
            ByteBuffer view = tensor.bytes().asByteBuffer().order(ByteOrder.nativeOrder());
            return view.asFloatBuffer();
        }
        FloatBuffer widened = memory.allocate(ValueLayout.JAVA_FLOAT, count)
                .asByteBuffer()
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
        read(type, tensor.bytes(), 0, widened);
        return widened.flip();
    }

    /// The same, piece by piece, however large it is.
    ///
    /// @throws IllegalArgumentException if there is no such tensor, or it is of another type
    public TensorSource tensor(String name) {
        Mapped tensor = find(name);
        return new Piecewise(tensor.shape(), type(name, tensor), tensor.bytes());
    }

    /// All of them, by name.
    ///
    /// @throws IllegalArgumentException if one is of another type than [NumberType] has
    public SortedMap<String, TensorSource> tensors() {
        SortedMap<String, TensorSource> all = new TreeMap<>();
        names().forEach(name -> all.put(name, tensor(name)));
        return all;
    }

    private record Piecewise(long[] shape, NumberType type, MemorySegment bytes) implements TensorSource {

        @Override
        public void read(long from, FloatBuffer into) {
            Safetensors.read(type, bytes, from, into);
        }
    }

    private static void read(NumberType type, MemorySegment bytes, long from, FloatBuffer into) {
        long at = from * type.bytes();
        for (int left = into.remaining(); left > 0; left--) {
            into.put(
                    switch (type) {
                        case F32 -> bytes.get(FLOAT, at);
                        case F16 -> Float.float16ToFloat(bytes.get(SHORT, at));
                        case BF16 -> Float.intBitsToFloat(bytes.get(SHORT, at) << 16);
                    });
            at += type.bytes();
        }
    }

    /// Whether two tensors are the same numbers in the same type.
    boolean same(String one, String other) {
        Mapped a = find(one);
        Mapped b = find(other);
        return a.dtype().equals(b.dtype()) && a.bytes().mismatch(b.bytes()) < 0;
    }

    /// The first number of a tensor that is NaN or infinite.
    ///
    /// @return its place in row-major order, −1 if all are finite
    long firstNotFinite(String name) {
        TensorSource tensor = tensor(name);
        FloatBuffer piece = FloatBuffer.allocate(CHUNK_FLOATS);
        long count = tensor.count();
        for (long from = 0; from < count; from += CHUNK_FLOATS) {
            piece.clear().limit((int) Math.min(CHUNK_FLOATS, count - from));
            tensor.read(from, piece);
            for (int i = 0; i < piece.limit(); i++) {
                if (!Float.isFinite(piece.get(i))) {
                    return from + i;
                }
            }
        }
        return -1;
    }

    private static NumberType type(String name, Mapped tensor) {
        return switch (tensor.dtype()) {
            case "F32" -> NumberType.F32;
            case "F16" -> NumberType.F16;
            case "BF16" -> NumberType.BF16;
            default ->
                throw new IllegalArgumentException(
                        "tensor \"%s\": expected F32, F16 or BF16, got %s".formatted(name, tensor.dtype()));
        };
    }

    private Mapped find(String name) {
        Mapped tensor = tensors.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException("tensor \"%s\": not in %s".formatted(name, where));
        }
        return tensor;
    }

    /// Unmaps the files. Buffers that were views of them throw from now on.
    @Override
    public void close() {
        arena.close();
    }

    /// Writes tensors as fp32 in the order of their names, and forces them to the disk. Same
    /// tensors, same bytes.
    ///
    /// @throws java.nio.file.FileAlreadyExistsException if the file is there
    public static void write(Path file, SortedMap<String, ? extends TensorSource> tensors, Map<String, String> metadata)
            throws IOException {
        SafetensorsWriter.write(file, NumberType.F32, tensors, metadata);
    }
}
