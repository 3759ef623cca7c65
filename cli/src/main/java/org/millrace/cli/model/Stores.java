package org.millrace.cli.model;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.cli.LogOption;
import org.millrace.cli.runtime.Home;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/// Where a system's files lie: beside a local one's log, or where the options say.
final class Stores {

    private Stores() {}

    /// @param asked `--artifacts`
    /// @param cache for what is fetched from afar
    static ArtifactStore open(CommandSpec spec, LogOption log, @Nullable URI asked, Path cache) throws IOException {
        if (asked != null) {
            return ArtifactStore.open(asked, cache);
        }
        Optional<Home> home = log.home();
        if (home.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(), "--artifacts: expected file:/… or s3://bucket/… beside --bootstrap, got none");
        }
        return ArtifactStore.open(home.get().artifacts().toUri(), cache);
    }

    /// A new folder for what is made on the way: on the disk of a local system, where there is room for models.
    static Path draft(LogOption log) throws IOException {
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
