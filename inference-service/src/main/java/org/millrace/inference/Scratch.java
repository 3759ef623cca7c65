package org.millrace.inference;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Where files of models are laid out on the local disk until they are mapped.
final class Scratch {

    private static final Logger LOGGER = LoggerFactory.getLogger(Scratch.class);

    private final Path root;
    private final Deletion deletion;

    /// Deletes a directory with all that is in it, if it is there.
    @FunctionalInterface
    interface Deletion {

        void delete(Path directory) throws IOException;
    }

    /// @param root directory of this instance alone
    Scratch(Path root) {
        this(root, Scratch::delete);
    }

    Scratch(Path root, Deletion deletion) {
        this.root = root;
        this.deletion = deletion;
    }

    /// Deletes what a killed process left.
    void clear() throws IOException {
        deletion.delete(root);
    }

    /// One for each version, though two may have equal files: each is removed by itself.
    Path place(Publication publication) {
        return root.resolve(publication.name() + "-" + publication.version());
    }

    /// Removes what lies at a version's place. A model that is open does not fail because a file stays, and
    /// one that is refused is refused for its own reason.
    void remove(Publication publication) {
        Path place = place(publication);
        try {
            deletion.delete(place);
        } catch (IOException e) {
            LOGGER.warn("left behind, to be removed at the next start: {}", place, e);
        }
    }

    private static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(directory)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
