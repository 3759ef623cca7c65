package org.millrace.trainer.kafka;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.millrace.trainer.Keeping;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The states of runs on the local disk: a folder for each run that has not ended. A run whose
/// trainer was stopped or killed goes on from there; without it, it begins anew.
///
/// @param root directory of this trainer alone
/// @param every time between two states of a run
record States(Path root, Duration every) {

    private static final Logger LOGGER = LoggerFactory.getLogger(States.class);

    /// @param runId as it was checked when it was submitted: nothing in it leads elsewhere
    Keeping of(String runId) {
        return new Keeping(root.resolve(runId), every);
    }

    /// Whether a run has come so far that a later attempt has something to go on from.
    boolean has(String runId) {
        return newest(runId).isPresent();
    }

    /// Whether a run has come further since this was asked last.
    boolean cameFurther(String runId) {
        Optional<String> newest = newest(runId);
        if (newest.isEmpty()) {
            return false;
        }
        Path note = root.resolve(runId).resolve("attempted");
        try {
            boolean further = !Files.exists(note) || !Files.readString(note).equals(newest.get());
            Files.writeString(note, newest.get());
            return further;
        } catch (IOException e) {
            LOGGER.warn("cannot tell whether a run came further: runId={} cause={}", runId, e.toString());
            return false;
        }
    }

    private Optional<String> newest(String runId) {
        try (Stream<Path> files = Files.list(root.resolve(runId))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".state"))
                    .max(String::compareTo);
        } catch (IOException e) {
            return Optional.empty(); // no folder, no state
        }
    }

    /// For a run that has ended.
    void forget(String runId) {
        Workplace.tryToDelete(root.resolve(runId));
    }

    /// Forgets runs that ended while nobody looked.
    void clear(Predicate<String> goesOn) throws IOException {
        if (!Files.isDirectory(root)) {
            return;
        }
        List<Path> left;
        try (Stream<Path> folders = Files.list(root)) {
            left = folders.filter(folder -> !goesOn.test(folder.getFileName().toString()))
                    .toList();
        }
        for (Path folder : left) {
            LOGGER.info("state of a run that has ended removed: {}", folder.getFileName());
            Workplace.tryToDelete(folder);
        }
    }
}
