package org.millrace.shards;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/// A shard file, mapped into memory. Everything is checked when it is opened (checksum, sizes,
/// every id against the vocabulary), so reading never meets a surprise.
///
/// Threads may share it; after [#close] reading throws [IllegalStateException].
public final class Shard implements AutoCloseable {

    private final Arena arena;
    private final MemorySegment bytes;
    private final Sections sections;

    private Shard(Arena arena, MemorySegment bytes, Sections sections) {
        this.arena = arena;
        this.bytes = bytes;
        this.sections = sections;
    }

    /// @throws IOException if the file is missing, is no shard, or is damaged; says which and where
    public static Shard open(Path file) throws IOException {
        Arena arena = Arena.ofShared();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            return new Shard(arena, bytes, Sections.check(file, bytes));
        } catch (IOException | RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    public ShardHeader header() {
        return sections.header();
    }

    /// How many sequences there are: `i` goes from 0 to this less one.
    public int sequences() {
        return sections.sequences();
    }

    /// Ids of all sequences together.
    public long tokenCount() {
        return sections.tokens();
    }

    /// UTF-8 bytes of the text of all sequences together, special tokens not counted.
    public long byteCount() {
        return sections.textBytes();
    }

    /// Whether it has a loss mask; without one the model learns every id.
    public boolean isMasked() {
        return sections.masked();
    }

    /// Ids of a sequence as they lie in the file: little-endian, unsigned, of [ShardHeader#bytesPerToken] bytes
    /// each. Read-only; not to be read after [#close].
    public MemorySegment ids(int i) {
        int width = sections.header().bytesPerToken();
        long first = bytes.get(Layout.LONG, entry(i) + Layout.ENTRY_FIRST_TOKEN);
        return bytes.asSlice(Layout.HEADER_BYTES + first * width, (long) length(i) * width);
    }

    /// How many ids the sequence has.
    public int length(int i) {
        return bytes.get(Layout.INT, entry(i) + Layout.ENTRY_TOKENS);
    }

    public int[] tokens(int i) {
        long first = bytes.get(Layout.LONG, entry(i) + Layout.ENTRY_FIRST_TOKEN);
        int[] ids = new int[length(i)];
        if (sections.header().bytesPerToken() == 4) {
            MemorySegment.copy(bytes, Layout.INT, Layout.HEADER_BYTES + first * 4, ids, 0, ids.length);
            return ids;
        }
        for (int t = 0; t < ids.length; t++) {
            ids[t] = Short.toUnsignedInt(bytes.get(Layout.SHORT, Layout.HEADER_BYTES + (first + t) * 2));
        }
        return ids;
    }

    /// Which ids of the sequence the model is to learn.
    public boolean[] targets(int i) {
        long first = bytes.get(Layout.LONG, entry(i) + Layout.ENTRY_FIRST_TOKEN);
        boolean[] targets = new boolean[length(i)];
        if (!sections.masked()) {
            Arrays.fill(targets, true);
            return targets;
        }
        for (int t = 0; t < targets.length; t++) {
            long bit = first + t;
            targets[t] = (bytes.get(ValueLayout.JAVA_BYTE, sections.maskAt() + (bit >> 3)) >> (bit & 7) & 1) != 0;
        }
        return targets;
    }

    public int textBytes(int i) {
        return bytes.get(Layout.INT, entry(i) + Layout.ENTRY_TEXT_BYTES);
    }

    public String id(int i) {
        long at = sections.idsAt() + bytes.get(Layout.LONG, entry(i) + Layout.ENTRY_ID_AT);
        int length = bytes.get(Layout.INT, entry(i) + Layout.ENTRY_ID_LENGTH);
        return new String(bytes.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        arena.close();
    }

    private long entry(int i) {
        if (i < 0 || i >= sections.sequences()) {
            throw new IndexOutOfBoundsException("i: expected 0 to %d, got %d".formatted(sections.sequences() - 1, i));
        }
        return sections.indexAt() + (long) i * Layout.INDEX_ENTRY_BYTES;
    }
}
