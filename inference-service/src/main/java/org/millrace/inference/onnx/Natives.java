package org.millrace.inference.onnx;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/// Objects that hold native memory, in the order in which they were made. What was made later may use what
/// was made earlier, so they are closed backwards: all of them, even if one fails, and each once.
final class Natives implements AutoCloseable {

    private final Deque<AutoCloseable> open = new ArrayDeque<>();

    /// @return what it was given
    <T extends AutoCloseable> T add(T object) {
        open.push(object);
        return object;
    }

    /// @throws IllegalStateException if any could not be closed; the first cause, the others suppressed
    @Override
    public void close() {
        IllegalStateException failure = null;
        for (AutoCloseable last = open.poll(); last != null; last = open.poll()) {
            failure = close(last, failure);
        }
        if (failure != null) {
            throw failure;
        }
    }

    /// Closes all, because of a failure that goes on.
    void closeAfter(Throwable failure) {
        try {
            close();
        } catch (IllegalStateException unclosed) {
            failure.addSuppressed(unclosed);
        }
    }

    private static @Nullable IllegalStateException close(AutoCloseable object, @Nullable IllegalStateException before) {
        try {
            object.close();
            return before;
        } catch (Exception e) {
            if (before == null) {
                return new IllegalStateException(
                        "could not close " + object.getClass().getSimpleName(), e);
            }
            before.addSuppressed(e);
            return before;
        }
    }
}
