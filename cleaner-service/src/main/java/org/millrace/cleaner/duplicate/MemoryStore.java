package org.millrace.cleaner.duplicate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A store that ends with the process.
public final class MemoryStore implements Store {

    private final TreeMap<byte[], byte[]> entries = new TreeMap<>(Arrays::compareUnsigned);

    @Override
    public byte @Nullable [] get(byte[] key) {
        return entries.get(key);
    }

    @Override
    public List<byte @Nullable []> get(List<byte[]> keys) {
        List<byte @Nullable []> values = new ArrayList<>();
        keys.forEach(key -> values.add(entries.get(key)));
        return values;
    }

    @Override
    public List<byte[]> keys(byte[] prefix, int limit) {
        return entries.tailMap(prefix).keySet().stream()
                .takeWhile(key -> Bytes.startsWith(key, prefix))
                .limit(limit)
                .toList();
    }

    @Override
    public void write(SortedMap<byte[], byte[]> put, SortedSet<byte[]> removed) {
        entries.putAll(put);
        removed.forEach(entries::remove);
    }

    @Override
    public void clear() {
        entries.clear();
    }

    @Override
    public void close() {
        // Nothing is held but memory.
    }
}
