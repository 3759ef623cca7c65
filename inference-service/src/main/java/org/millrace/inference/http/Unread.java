package org.millrace.inference.http;

import java.util.function.BooleanSupplier;

/// How far one caller is behind with what it is sent. Nobody is slowed by who does not read; what waits for it is
/// bounded by ending its stream.
public final class Unread {

    /// Bytes: far more than a caller that reads is ever behind.
    private static final long MOST = 16 << 20;

    private final BooleanSupplier reads;
    private long bytes;

    /// @param reads false while more waits for the caller than its connection holds
    public Unread(BooleanSupplier reads) {
        this.reads = reads;
    }

    /// Counts what is to be sent now, unless the caller keeps up.
    ///
    /// @return false if too much was sent since it last did
    public synchronized boolean add(int size) {
        bytes = reads.getAsBoolean() ? 0 : bytes + size;
        return bytes <= MOST;
    }
}
