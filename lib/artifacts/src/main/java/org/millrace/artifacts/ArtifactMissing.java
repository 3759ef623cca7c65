package org.millrace.artifacts;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// The store does not hold the bytes that were asked for. They may yet arrive, but a retry alone helps little.
public final class ArtifactMissing extends IOException {

    public ArtifactMissing(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
