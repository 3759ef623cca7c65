package org.millrace.cli.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.millrace.cli.LogOption;
import org.millrace.cli.runtime.Home;

/// A folder for what is made on the way.
final class Drafts {

    private Drafts() {}

    /// A new folder: on the disk of a local system, where there is room for models.
    static Path create(LogOption log) throws IOException {
        Optional<Path> state = log.home().map(Home::state).filter(Files::isDirectory);
        return state.isPresent()
                ? Files.createTempDirectory(state.get(), "draft-")
                : Files.createTempDirectory("millrace-draft-");
    }
}
