package org.millrace.trainer;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/// The weights of this moment. Valid only until [Listener#publish] returns.
public interface Snapshot {

    /// Writes a checkpoint directory (`docs/formats/checkpoints.md`), whole or not at all.
    ///
    /// @param dir must not exist
    /// @param tokenizerDir holds `tokenizer.json`
    /// @param provenance run, stage, step, base, …
    void write(Path dir, Path tokenizerDir, Map<String, String> provenance) throws IOException;
}
