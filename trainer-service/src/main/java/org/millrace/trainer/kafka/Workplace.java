package org.millrace.trainer.kafka;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What one run keeps on the local disk: the models it starts from, and checkpoints on their way
/// into the store. A directory of its own, gone when the run ends; what a killed trainer left goes
/// when the next one starts. The names are drawn here, so nothing that an event says leads to
/// another place.
final class Workplace implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(Workplace.class);
    private static final String PREFIX = "run-";

    private final Path directory;

    private Workplace(Path directory) {
        this.directory = directory;
    }

    /// @param under directory of this trainer alone
    static Workplace open(Path under) throws IOException {
        return new Workplace(Files.createTempDirectory(Files.createDirectories(under), PREFIX));
    }

    /// Removes what earlier trainers left; whatever else is there stays.
    static void clear(Path under) throws IOException {
        if (!Files.isDirectory(under)) {
            return;
        }
        List<Path> left;
        try (Stream<Path> entries = Files.list(under)) {
            left = entries.filter(entry -> entry.getFileName().toString().startsWith(PREFIX))
                    .toList();
        }
        for (Path entry : left) {
            delete(entry);
        }
    }

    /// Where files of models and tokenizers are made available.
    Path models() {
        return directory.resolve("models");
    }

    /// A new directory for a checkpoint on its way into the store.
    Path draft() throws IOException {
        return Files.createTempDirectory(directory, "draft-");
    }

    /// Removes a draft with all that is in it.
    void discard(Path draft) {
        tryToDelete(draft);
    }

    @Override
    public void close() {
        tryToDelete(directory);
    }

    /// A run that has trained a model does not fail because a file stays: the next start removes
    /// it.
    static void tryToDelete(Path tree) {
        try {
            if (Files.exists(tree, LinkOption.NOFOLLOW_LINKS)) {
                delete(tree);
            }
        } catch (IOException e) {
            LOGGER.warn("left behind, to be removed at the next start: {}", tree, e);
        }
    }

    /// Does not follow links.
    private static void delete(Path tree) throws IOException {
        Files.walkFileTree(tree, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
                    throws IOException {
                Files.delete(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
