package org.millrace.reward;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Places on the local disk where files of models are put together. The names are drawn here, so nothing
/// that an event says leads to another place.
final class Scratch {

    private static final Logger LOGGER = LoggerFactory.getLogger(Scratch.class);
    private static final String PREFIX = "load-";

    private final Path directory;

    /// @param directory of this instance alone
    Scratch(Path directory) {
        this.directory = directory;
    }

    /// A new, empty directory.
    Path place() throws IOException {
        return Files.createTempDirectory(Files.createDirectories(directory), PREFIX);
    }

    /// Removes places that an earlier process left; whatever else is there stays.
    void clear() throws IOException {
        if (!Files.isDirectory(directory)) {
            return;
        }
        List<Path> left;
        try (Stream<Path> entries = Files.list(directory)) {
            left = entries.filter(entry -> entry.getFileName().toString().startsWith(PREFIX))
                    .toList();
        }
        for (Path place : left) {
            delete(place);
        }
    }

    /// Removes a place with all that is in it. A model that was loaded does not fail because a file stays.
    void remove(Path place) {
        try {
            delete(place);
        } catch (IOException e) {
            LOGGER.warn("left behind, to be removed at the next start: {}", place, e);
        }
    }

    /// Does not follow links.
    private static void delete(Path place) throws IOException {
        Files.walkFileTree(place, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure) throws IOException {
                Files.delete(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
