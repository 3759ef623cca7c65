package org.millrace.trainer.torch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.millrace.trainer.Keeping;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps the state of a run between steps, and finds the last good one: the two newest stay, and
/// one that is damaged gives way to the one before.
final class Keeper {

    private static final Logger LOGGER = LoggerFactory.getLogger(Keeper.class);
    private static final int KEPT = 2;
    private static final String SUFFIX = ".state";

    private final Optional<Keeping> keeping;
    private final Run run;
    private final Ranks ranks;
    private final List<TrainingState.Part> parts;
    private long last = System.nanoTime();

    /// @param parts all that the next step depends on
    Keeper(Optional<Keeping> keeping, Run run, Ranks ranks, List<TrainingState.Part> parts) {
        this.keeping = keeping;
        this.run = run;
        this.ranks = ranks;
        this.parts = List.copyOf(parts);
    }

    /// Goes on from the newest state that is whole, if there is one. The state of rank 0 is that of
    /// all, also at the very beginning.
    void resume() throws IOException {
        if (ranks.rank() == 0) {
            read();
        }
        if (ranks.world() > 1) {
            TrainingState state = told();
            ranks.shareFirst(state);
            parts.forEach(part -> part.take(state));
        }
    }

    private void read() throws IOException {
        if (keeping.isEmpty()) {
            return;
        }
        for (Path file : newestFirst(keeping.get().folder())) {
            try {
                TrainingState state = told();
                StateFile.read(file, state);
                parts.forEach(part -> part.take(state));
                LOGGER.info("run goes on: step={} file={}", run.steps(), file.getFileName());
                return;
            } catch (StateFile.Damaged e) {
                LOGGER.warn("a state of this run cannot be used: {}", e.getMessage());
            }
        }
    }

    /// Keeps the state, if it is time or the run was stopped. The time it takes is not training.
    void step() throws IOException {
        if (keeping.isEmpty()) {
            return;
        }
        Duration since = Duration.ofNanos(System.nanoTime() - last);
        if (since.compareTo(keeping.get().every()) >= 0) {
            keep();
        }
    }

    /// Keeps the state of a run that was stopped, for the next attempt.
    void stopped() throws IOException {
        if (keeping.isPresent()) {
            keep();
        }
    }

    private void keep() throws IOException {
        Path folder = Files.createDirectories(keeping.orElseThrow().folder());
        TrainingState state = told();
        run.outsideWriting(() -> StateFile.write(folder.resolve("%012d%s".formatted(run.steps(), SUFFIX)), state));
        List<Path> files = newestFirst(folder);
        for (Path old : files.subList(Math.min(KEPT, files.size()), files.size())) {
            Files.delete(old);
        }
        last = System.nanoTime();
    }

    private TrainingState told() {
        TrainingState state = new TrainingState();
        parts.forEach(part -> part.tell(state));
        return state;
    }

    private static List<Path> newestFirst(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().endsWith(SUFFIX))
                    .sorted(Comparator.reverseOrder()) // names are as long as each other
                    .toList();
        }
    }
}
