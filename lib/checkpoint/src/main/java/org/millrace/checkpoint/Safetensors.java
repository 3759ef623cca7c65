package org.millrace.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// A file of named tensors, mapped into memory.
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

    private static final int MAX_DIMENSIONS = 8;
    private static final String METADATA = "__metadata__";
    private static final int CHUNK_FLOATS = 1 << 18;

    private record Entry(String name, String dtype, long[] shape, long begin, long end) {}

    private final Path file;
    private final Arena arena;
    private final MemorySegment data;
    private final SortedMap<String, Entry> entries;
    private final SortedMap<String, String> metadata;

    private Safetensors(
            Path file,
            Arena arena,
            MemorySegment data,
            SortedMap<String, Entry> entries,
            SortedMap<String, String> metadata) {
        this.file = file;
        this.arena = arena;
        this.data = data;
        this.entries = entries;
        this.metadata = metadata;
    }

    /// Maps a file and checks its header.
    ///
    /// @throws CheckpointCorrupt if the header is not a true description of the file
    public static Safetensors open(Path file) throws IOException {
        Arena arena = Arena.ofShared();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            Safetensors opened = read(file, arena, channel.map(MapMode.READ_ONLY, 0, channel.size(), arena));
            arena = null;
            return opened;
        } finally {
            if (arena != null) {
                arena.close();
            }
        }
    }

    private static Safetensors read(Path file, Arena arena, MemorySegment whole) throws CheckpointCorrupt {
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
        byte[] header = whole.asSlice(8, headerLength).toArray(ValueLayout.JAVA_BYTE);
        MemorySegment data = whole.asSlice(8 + headerLength);
        JsonNode root;
        try {
            root = Json.STRICT.readTree(header);
        } catch (IOException e) {
            throw new CheckpointCorrupt(file, "header: expected JSON", e);
        }
        if (!(root instanceof ObjectNode object)) {
            throw new CheckpointCorrupt(file, "header: expected a JSON object");
        }
        SortedMap<String, Entry> entries = new TreeMap<>();
        SortedMap<String, String> metadata = new TreeMap<>();
        for (Map.Entry<String, JsonNode> field : object.properties()) {
            if (field.getKey().equals(METADATA)) {
                for (Map.Entry<String, JsonNode> pair : field.getValue().properties()) {
                    metadata.put(pair.getKey(), pair.getValue().asText());
                }
            } else {
                entries.put(field.getKey(), entry(file, field.getKey(), field.getValue(), data.byteSize()));
            }
        }
        checkCoverage(file, entries, data.byteSize());
        return new Safetensors(file, arena, data, entries, metadata);
    }

    private static Entry entry(Path file, String name, JsonNode node, long dataLength) throws CheckpointCorrupt {
        String dtype = node.path("dtype").asText("");
        long width = width(dtype);
        if (width == 0) {
            throw bad(file, name, "dtype: expected a known one, got \"%s\"".formatted(dtype));
        }
        JsonNode extents = node.path("shape");
        if (!extents.isArray() || extents.size() > MAX_DIMENSIONS) {
            throw bad(file, name, "shape: expected an array of at most " + MAX_DIMENSIONS);
        }
        long[] shape = new long[extents.size()];
        long bytes = width;
        for (int i = 0; i < shape.length; i++) {
            if (!extents.get(i).isIntegralNumber()
                    || !extents.get(i).canConvertToLong()
                    || extents.get(i).asLong() < 0) {
                throw bad(file, name, "shape: expected numbers of at least 0, got " + extents.get(i));
            }
            shape[i] = extents.get(i).asLong();
            try {
                bytes = Math.multiplyExact(bytes, shape[i]);
            } catch (ArithmeticException e) {
                throw bad(file, name, "shape: more bytes than can be counted");
            }
        }
        JsonNode offsets = node.path("data_offsets");
        if (offsets.size() != 2
                || !offsets.get(0).canConvertToLong()
                || !offsets.get(1).canConvertToLong()
                || !offsets.get(0).isIntegralNumber()
                || !offsets.get(1).isIntegralNumber()) {
            throw bad(file, name, "data_offsets: expected two integers");
        }
        long begin = offsets.get(0).asLong();
        long end = offsets.get(1).asLong();
        if (begin < 0 || end < begin || end > dataLength) {
            throw bad(
                    file,
                    name,
                    "data_offsets: expected 0 ≤ begin ≤ end ≤ %d, got [%d, %d]".formatted(dataLength, begin, end));
        }
        if (end - begin != bytes) {
            throw bad(
                    file,
                    name,
                    "data_offsets: expected %d bytes as type and shape say, got %d".formatted(bytes, end - begin));
        }
        return new Entry(name, dtype, shape, begin, end);
    }

    /// Tensors must tile the data: an overlap could alias weights, a gap could hide what no hash
    /// of tensors sees.
    private static void checkCoverage(Path file, SortedMap<String, Entry> entries, long dataLength)
            throws CheckpointCorrupt {
        List<Entry> byOffset = new ArrayList<>(entries.values());
        byOffset.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
        long next = 0;
        for (Entry entry : byOffset) {
            if (entry.begin() != next) {
                throw bad(
                        file,
                        entry.name(),
                        "data_offsets: expected to begin at %d, got %d: %s"
                                .formatted(next, entry.begin(), entry.begin() < next ? "overlap" : "gap"));
            }
            next = entry.end();
        }
        if (next != dataLength) {
            throw new CheckpointCorrupt(
                    file, "data: expected %d bytes as the header says, got %d".formatted(next, dataLength));
        }
    }

    /// Bytes of one number of this type, 0 if it is not known.
    private static long width(String dtype) {
        return switch (dtype) {
            case "BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2" -> 1;
            case "U16", "I16", "F16", "BF16" -> 2;
            case "U32", "I32", "F32" -> 4;
            case "U64", "I64", "F64" -> 8;
            default -> 0;
        };
    }

    private static CheckpointCorrupt bad(Path file, String tensor, String problem) {
        return new CheckpointCorrupt(file, "tensor \"%s\": %s".formatted(tensor, problem));
    }

    /// Names of all tensors, sorted.
    public Set<String> names() {
        return Collections.unmodifiableSet(entries.keySet());
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
        Entry entry = find(name);
        long bytes = entry.end() - entry.begin();
        boolean stored = entry.dtype().equals("F32");
        if (bytes > (stored ? Integer.MAX_VALUE : Integer.MAX_VALUE / 2)) {
            throw new IllegalArgumentException("tensor \"%s\": expected under 2 GiB as fp32, got %d bytes of %s"
                    .formatted(name, bytes, entry.dtype()));
        }
        MemorySegment slice = data.asSlice(entry.begin(), bytes);
        if (stored) {
            ByteBuffer view = slice.asByteBuffer().order(ByteOrder.nativeOrder());
            return view.asFloatBuffer();
        }
        boolean half = entry.dtype().equals("F16");
        if (!half && !entry.dtype().equals("BF16")) {
            throw new IllegalArgumentException(
                    "tensor \"%s\": expected F32, F16 or BF16, got %s".formatted(name, entry.dtype()));
        }
        int count = (int) (bytes / 2);
        FloatBuffer widened = ByteBuffer.allocateDirect(4 * count)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
        ValueLayout.OfShort layout = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            short bits = slice.get(layout, 2L * i);
            widened.put(i, half ? Float.float16ToFloat(bits) : Float.intBitsToFloat(bits << 16));
        }
        return widened;
    }

    private Entry find(String name) {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw new IllegalArgumentException("tensor \"%s\": not in %s".formatted(name, file));
        }
        return entry;
    }

    /// Unmaps the file. Buffers that were views of it throw from now on.
    @Override
    public void close() {
        arena.close();
    }

    /// Writes fp32 tensors in the order of their names, and forces them to the disk. Same
    /// tensors, same bytes.
    ///
    /// @throws java.nio.file.FileAlreadyExistsException if the file is there
    public static void write(Path file, SortedMap<String, TensorData> tensors, Map<String, String> metadata)
            throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
            byte[] header = header(tensors, metadata);
            ByteBuffer start = ByteBuffer.allocate(8 + header.length).order(ByteOrder.LITTLE_ENDIAN);
            drain(channel, start.putLong(header.length).put(header).flip());
            ByteBuffer chunk = ByteBuffer.allocateDirect(4 * CHUNK_FLOATS).order(ByteOrder.LITTLE_ENDIAN);
            for (TensorData tensor : tensors.values()) {
                FloatBuffer values = tensor.values().duplicate();
                while (values.hasRemaining()) {
                    int count = Math.min(values.remaining(), CHUNK_FLOATS);
                    chunk.clear().limit(4 * count);
                    chunk.asFloatBuffer().put(values.slice(values.position(), count));
                    values.position(values.position() + count);
                    drain(channel, chunk);
                }
            }
            channel.force(true);
        }
    }

    private static byte[] header(SortedMap<String, TensorData> tensors, Map<String, String> metadata)
            throws JsonProcessingException {
        ObjectNode root = Json.STRICT.createObjectNode();
        if (!metadata.isEmpty()) {
            ObjectNode pairs = root.putObject(METADATA);
            new TreeMap<>(metadata).forEach(pairs::put);
        }
        long offset = 0;
        for (Map.Entry<String, TensorData> tensor : tensors.entrySet()) {
            if (tensor.getKey().equals(METADATA)) {
                throw new IllegalArgumentException("tensor name: expected anything but " + METADATA);
            }
            ObjectNode entry = root.putObject(tensor.getKey()).put("dtype", "F32");
            for (long extent : tensor.getValue().shape()) {
                entry.withArray("shape").add(extent);
            }
            if (tensor.getValue().shape().length == 0) {
                entry.putArray("shape");
            }
            long end = offset + 4L * tensor.getValue().values().remaining();
            entry.putArray("data_offsets").add(offset).add(end);
            offset = end;
        }
        byte[] json = Json.STRICT.writeValueAsString(root).getBytes(StandardCharsets.UTF_8);
        byte[] padded = new byte[Math.ceilDiv(json.length, 8) * 8]; // so that tensors are aligned
        System.arraycopy(json, 0, padded, 0, json.length);
        for (int i = json.length; i < padded.length; i++) {
            padded[i] = ' ';
        }
        return padded;
    }

    private static void drain(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
