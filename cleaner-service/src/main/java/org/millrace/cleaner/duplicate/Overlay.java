package org.millrace.cleaner.duplicate;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Changes to a store that are seen at once, and written or forgotten later, all together.
final class Overlay {

    private final Store store;
    private final TreeMap<byte[], byte[]> put = new TreeMap<>(Arrays::compareUnsigned);
    private final TreeSet<byte[]> removed = new TreeSet<>(Arrays::compareUnsigned);
    private final TreeMap<byte[], Optional<byte[]>> read = new TreeMap<>(Arrays::compareUnsigned);

    Overlay(Store store) {
        this.store = store;
    }

    byte @Nullable [] get(byte[] key) {
        byte[] value = put.get(key);
        if (value != null) {
            return value;
        }
        if (removed.contains(key)) {
            return null;
        }
        Optional<byte[]> known = read.get(key);
        return known == null ? store.get(key) : known.orElse(null);
    }

    /// Reads what will be asked for next, at once, which is cheaper than one by one. Whatever was read so before
    /// is forgotten.
    void expect(List<byte[]> keys) {
        read.clear();
        List<byte @Nullable []> values = store.get(keys);
        for (int i = 0; i < keys.size(); i++) {
            read.put(keys.get(i), Optional.ofNullable(values.get(i)));
        }
    }

    void put(byte[] key, byte[] value) {
        removed.remove(key);
        put.put(key, value);
    }

    void remove(byte[] key) {
        put.remove(key);
        removed.add(key);
    }

    /// As [Store#keys].
    List<byte[]> keys(byte[] prefix, int limit) {
        SortedSet<byte[]> found = beginning(put.navigableKeySet(), prefix);
        SortedSet<byte[]> gone = beginning(removed, prefix);
        if (found.isEmpty() && gone.isEmpty()) {
            return store.keys(prefix, limit);
        }
        found.addAll(store.keys(prefix, limit + gone.size()));
        found.removeAll(gone);
        return found.stream().limit(limit).toList();
    }

    private static SortedSet<byte[]> beginning(SortedSet<byte[]> keys, byte[] prefix) {
        TreeSet<byte[]> found = new TreeSet<>(Arrays::compareUnsigned);
        for (byte[] key : keys.tailSet(prefix)) {
            if (!Bytes.startsWith(key, prefix)) {
                break;
            }
            found.add(key);
        }
        return found;
    }

    /// Number of keys that are changed and not written.
    int size() {
        return put.size() + removed.size();
    }

    void write() {
        if (size() > 0) {
            store.write(put, removed);
            forget();
        }
    }

    void forget() {
        put.clear();
        removed.clear();
        read.clear();
    }

    /// Empties the store too.
    void clear() {
        forget();
        store.clear();
    }
}
