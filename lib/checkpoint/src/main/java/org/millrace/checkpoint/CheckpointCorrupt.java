package org.millrace.checkpoint;

import java.io.IOException;
import java.nio.file.Path;

/// A file of a checkpoint is missing, damaged or hostile. The message names the file and what is
/// wrong.
public final class CheckpointCorrupt extends IOException {

    private static final long serialVersionUID = 1L;

    CheckpointCorrupt(Path file, String problem) {
        super(file + ": " + problem);
    }

    CheckpointCorrupt(Path file, String problem, Throwable cause) {
        super(file + ": " + problem, cause);
    }
}
