package org.millrace.artifacts;

import java.io.IOException;

/// The store holds other bytes than their name promises: damaged, cut short, or never the right ones.
public final class ArtifactCorrupt extends IOException {

    public ArtifactCorrupt(String message) {
        super(message);
    }
}
