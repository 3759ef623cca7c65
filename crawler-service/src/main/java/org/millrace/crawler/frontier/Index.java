package org.millrace.crawler.frontier;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/// An ordered map of bytes to bytes, which a frontier keeps its state in. Keys are ordered as unsigned
/// bytes. Safe for use by many threads.
public interface Index {

    byte @Nullable [] get(byte[] key);

    /// Walks the entries whose keys begin with `prefix`, from `from` on, in order.
    void walk(byte[] prefix, byte[] from, Walk walk);

    /// Makes all changes or none, also when the process is killed.
    void write(Collection<Change> changes);

    /// Forgets everything.
    void clear();

    /// Sees one entry; false ends the walk.
    @FunctionalInterface
    interface Walk {
        boolean visit(byte[] key, byte[] value);
    }

    /// @param value null removes the key
    record Change(byte[] key, byte @Nullable [] value) {}
}
