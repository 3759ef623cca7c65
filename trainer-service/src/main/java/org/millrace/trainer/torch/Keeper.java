package org.millrace.trainer.torch;

import com.google.common.util.concurrent.Uninterruptibles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.millrace.trainer.Keeping;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps the state of a run between steps, and finds the last good one: the two newest stay, and
/// one that is damaged gives way to the one before.
///
/// A state that cannot be written costs the run nothing but the safety net: those that are there
/// stay, and it is tried again when the next is due.
final class Keeper {

    private static final Logger LOGGER = LoggerFactory.getLogger(Keeper.class);
    private static final int KEPT = 2;

    /// Others may have files in a folder that a person named.
    private static final Pattern NAME = Pattern.compile("[0-9]{12,}\\.state");

    private final Optional<Keeping> keeping;
    private final Run run;
    private final Ranks ranks;
    private final List<TrainingState.Part> parts;

    /// States that this attempt took or wrote, the newest first.
    private final Deque<Path> good = new ArrayDeque<>();

    private long last = System.nanoTime();

    /// Of a process alone.
    Keeper(Optional<Keeping> keeping, Run run, List<TrainingState.Part> parts) {
        this(keeping, run, new Alone(), parts);
    }

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
                for (TrainingState.Part part : parts) {
                    part.take(state);
                }
                good.addFirst(file);
                LOGGER.info("run goes on: step={} file={}", run.steps(), file.getFileName());
                return;
            } catch (StateFile.Damaged e) {
                LOGGER.warn("a state of this run cannot be used: {}", e.getMessage());
            }
        }
    }

    /// Keeps the state, if it is time. The time it takes is not training.
    void step() {
        if (keeping.isEmpty()) {
            return;
        }
        Duration since = Duration.ofNanos(System.nanoTime() - last);
        if (since.compareTo(keeping.get().every()) >= 0) {
            keep(keeping.get().folder());
        }
    }

    /// Keeps the state of a run that was stopped, for the next attempt.
    void stopped() {
        keeping.ifPresent(where -> keep(where.folder()));
    }

    private void keep(Path folder) {
        Path target = folder.resolve("%012d.state".formatted(run.steps()));
        TrainingState state = told();
        run.outside(() -> {
            try {
                write(folder, target, state);
            } catch (IOException e) {
                LOGGER.warn(
                        "state not kept, the run goes on without it: step={} file={} cause={}",
                        run.steps(),
                        target,
                        e.toString());
            }
            return target;
        });
        last = System.nanoTime();
    }

    /// On a thread of its own: a stop interrupts this one, and a channel closes under whoever is interrupted.
    private void write(Path folder, Path target, TrainingState state) throws IOException {
        FutureTask<Path> writing = new FutureTask<>(() -> {
            Files.createDirectories(folder);
            StateFile.write(target, state);
            return target;
        });
        Thread.ofPlatform().name("state").start(writing);
        try {
            Uninterruptibles.getUninterruptibly(writing);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException cause) {
                throw cause;
            }
            throw new IllegalStateException("writing a state", e);
        }
        good.remove(target); // a stop may keep once more what was kept just now
        good.addFirst(target);
        while (good.size() > KEPT) {
            good.removeLast();
        }
        // Not by their names alone: a damaged state of a later step must not push good ones out.
        for (Path old : newestFirst(folder)) {
            if (!good.contains(old)) {
                Files.delete(old);
            }
        }
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
            return files.filter(
                            file -> NAME.matcher(file.getFileName().toString()).matches())
                    .sorted(Comparator.reverseOrder()) // names are as long as each other
                    .toList();
        }
    }
}
