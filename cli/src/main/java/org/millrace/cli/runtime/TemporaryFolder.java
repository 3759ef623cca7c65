package org.millrace.cli.runtime;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/// A folder for the time of one command, also when it is interrupted.
public final class TemporaryFolder implements AutoCloseable {

    private final Path path;
    private final Thread stop;

    /// @param prefix of its name, in the system's folder for temporary files
    public TemporaryFolder(String prefix) throws IOException {
        path = Files.createTempDirectory(prefix);
        stop = Thread.ofPlatform().unstarted(() -> delete(path));
        Runtime.getRuntime().addShutdownHook(stop);
    }

    public Path path() {
        return path;
    }

    /// Removes a folder with all that is in it. What stays is named on standard error.
    public static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException | UncheckedIOException e) {
            System.err.println("left behind: " + folder + ": " + e);
        }
    }

    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(stop);
        } catch (IllegalStateException e) {
            return; // The JVM is going down already: the hook is running, or has run.
        }
        delete(path);
    }
}
