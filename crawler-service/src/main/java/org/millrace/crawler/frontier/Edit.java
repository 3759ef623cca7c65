package org.millrace.crawler.frontier;

import java.io.ByteArrayOutputStream;
import java.io.DataInput;
import java.io.DataInputStream;
import java.io.DataOutput;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Changes to an index that are made together, and seen by [#get] before that. Walks do not see them.
final class Edit {

    private static final byte[] NOTHING = {};

    private final Index index;
    private final Map<ByteBuffer, Index.Change> changes = new LinkedHashMap<>();

    Edit(Index index) {
        this.index = index;
    }

    byte @Nullable [] get(byte[] key) {
        Index.Change change = changes.get(ByteBuffer.wrap(key));
        return change == null ? index.get(key) : change.value();
    }

    <T> @Nullable T get(byte[] key, Reader<T> reader) {
        byte[] value = get(key);
        return value == null ? null : read(value, reader);
    }

    void put(byte[] key, byte[] value) {
        changes.put(ByteBuffer.wrap(key), new Index.Change(key, value));
    }

    void put(byte[] key) {
        put(key, NOTHING);
    }

    void put(byte[] key, Writer writer) {
        put(key, bytes(writer));
    }

    void remove(byte[] key) {
        changes.put(ByteBuffer.wrap(key), new Index.Change(key, null));
    }

    boolean isEmpty() {
        return changes.isEmpty();
    }

    void write() {
        if (!changes.isEmpty()) {
            index.write(changes.values());
            changes.clear();
        }
    }

    static byte[] bytes(Writer writer) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(128);
        try {
            writer.write(new DataOutputStream(bytes));
        } catch (IOException e) {
            throw new UncheckedIOException("writing to an array failed", e);
        }
        return bytes.toByteArray();
    }

    static <T> T read(byte[] value, Reader<T> reader) {
        try {
            return reader.read(new DataInputStream(new java.io.ByteArrayInputStream(value)));
        } catch (IOException e) {
            throw new UncheckedIOException("an entry of the index is too short", e);
        }
    }

    interface Writer {
        void write(DataOutput out) throws IOException;
    }

    interface Reader<T> {
        T read(DataInput in) throws IOException;
    }
}
