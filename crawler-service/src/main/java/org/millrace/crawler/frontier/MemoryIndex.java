package org.millrace.crawler.frontier;

import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/// An index that is gone with its process: about half a kilobyte of heap a URL. For short crawls
/// without a log.
public final class MemoryIndex implements Index {

    private final ConcurrentNavigableMap<byte[], byte[]> entries = new ConcurrentSkipListMap<>(Arrays::compareUnsigned);

    @Override
    public byte @Nullable [] get(byte[] key) {
        return entries.get(key);
    }

    @Override
    public void walk(byte[] prefix, byte[] from, Walk walk) {
        for (Map.Entry<byte[], byte[]> entry : entries.tailMap(from).entrySet()) {
            byte[] key = entry.getKey();
            boolean within =
                    key.length >= prefix.length && Arrays.mismatch(key, 0, prefix.length, prefix, 0, prefix.length) < 0;
            if (!within || !walk.visit(key, entry.getValue())) {
                return;
            }
        }
    }

    @Override
    public void write(Collection<Change> changes) {
        for (Change change : changes) {
            if (change.value() == null) {
                entries.remove(change.key());
            } else {
                entries.put(change.key(), change.value());
            }
        }
    }

    @Override
    public void clear() {
        entries.clear();
    }
}
