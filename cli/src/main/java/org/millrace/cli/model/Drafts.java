package org.millrace.cli.model;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;
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

    /// What was made on the way is in the way now.
    static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException | UncheckedIOException e) {
            System.err.println("left behind: " + folder + ": " + e);
        }
    }
}
