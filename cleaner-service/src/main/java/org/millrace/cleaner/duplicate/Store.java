package org.millrace.cleaner.duplicate;

import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/// Where an index lies: byte strings under byte strings, in the order of their unsigned bytes. For one
/// thread at a time.
public interface Store extends AutoCloseable {

    byte @Nullable [] get(byte[] key);

    /// The values of several keys, in their order; null where there is none. Cheaper than one by one.
    List<byte @Nullable []> get(List<byte[]> keys);

    /// The first keys that begin with a prefix, in order.
    ///
    /// @param limit most keys, at least 1
    List<byte[]> keys(byte[] prefix, int limit);

    /// Applies all changes, or none of them if the process ends meanwhile.
    void write(SortedMap<byte[], byte[]> put, SortedSet<byte[]> removed);

    /// Empties the store.
    void clear();

    @Override
    void close();
}
