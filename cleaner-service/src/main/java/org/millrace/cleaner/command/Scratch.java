package org.millrace.cleaner.command;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/// A temporary folder that goes with its owner, or with the process: Ctrl-C leaves nothing behind.
final class Scratch implements AutoCloseable {

    private final Path folder;
    private final Thread hook = Thread.ofPlatform().unstarted(this::delete);

    /// @param folder that exists and is deleted with all that is in it
    Scratch(Path folder) {
        this.folder = folder;
        Runtime.getRuntime().addShutdownHook(hook);
    }

    Path at(String name) {
        return folder.resolve(name);
    }

    /// Renamed first: who still writes into it when the process is ended makes no new file there.
    private synchronized void delete() {
        if (!Files.exists(folder)) {
            return;
        }
        Path renamed = folder.resolveSibling(folder.getFileName() + "-gone");
        try {
            Files.move(folder, renamed);
            try (Stream<Path> files = Files.walk(renamed)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        delete();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // the process ends, and the hook finds nothing left to do
        }
    }
}
