package org.millrace.trainer.command;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.millrace.trainer.RankLost;
import org.millrace.trainer.TrainingFailed;

/// Where a run leaves its model, and its state while it goes on. The model's folder becomes the model
/// by a rename: until then nothing that reads models finds one there.
///
/// ```text
/// OUT/.state/…         the run goes on, or was broken off
/// OUT/config.json …    the run has ended; the state is gone
/// .OUT.unfinished/     between the two, for the time of two renames
/// ```
final class ModelFolder implements AutoCloseable {

    private static final String STATE = ".state";
    private static final String FACTS = "run";
    private static final String LOCK = "lock";

    /// Besides the states: also what a killed writer left.
    private static final Set<String> OURS = Set.of(FACTS, FACTS + ".tmp", LOCK, "next.tmp");

    private final Path out;
    private final Path state;
    private final Path unfinished;
    private final FileChannel lock;

    private ModelFolder(Path out, Path state, Path unfinished, FileChannel lock) {
        this.out = out;
        this.state = state;
        this.unfinished = unfinished;
        this.lock = lock;
    }

    /// Where a run keeps its state if nothing else is said.
    static Path stateOf(Path out) {
        return out.resolve(STATE);
    }

    /// @param state folder of this run alone; what is in it must be of a run with the same facts
    /// @param facts all that makes this run this run, a line each
    /// @throws TrainingFailed if the folder holds a model, or the state of another run
    /// @throws RankLost if another process works there still
    static ModelFolder open(Path out, Path state, List<String> facts) throws IOException, TrainingFailed {
        Path target = out.toAbsolutePath().normalize();
        Path folder = state.toAbsolutePath().normalize();
        Path unfinished = target.resolveSibling("." + target.getFileName() + ".unfinished");
        if (Files.isDirectory(unfinished) && !Files.exists(target)) {
            Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
        }
        if (holdsModel(target)) {
            throw new TrainingFailed(
                    "--out: expected a folder that is not there yet, or one of a run that was broken off, got " + out);
        }
        Files.createDirectories(folder);
        Files.createDirectories(target.getParent());
        FileChannel lock = lock(folder);
        try {
            checkFacts(folder, facts);
        } catch (IOException | TrainingFailed e) {
            lock.close();
            throw e;
        }
        return new ModelFolder(target, folder, unfinished, lock);
    }

    /// Whether there is something else than the state of a run.
    static boolean holdsModel(Path out) throws IOException {
        return Files.exists(out) && !holdsOnlyState(out);
    }

    private static boolean holdsOnlyState(Path target) throws IOException {
        if (!Files.isDirectory(target)) {
            return false;
        }
        try (Stream<Path> entries = Files.list(target)) {
            return entries.allMatch(entry -> entry.endsWith(STATE));
        }
    }

    /// The system gives it back however the process ends.
    private static FileChannel lock(Path folder) throws IOException {
        FileChannel channel =
                FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (!isOurs(channel)) {
            channel.close();
            throw new RankLost("--state-dir: expected no other process at work there, got one: " + folder);
        }
        return channel;
    }

    private static boolean isOurs(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false; // another thread of this process
        }
    }

    private static void checkFacts(Path folder, List<String> facts) throws IOException, TrainingFailed {
        Path file = folder.resolve(FACTS);
        if (!Files.exists(file)) {
            Path draft = folder.resolve(FACTS + ".tmp");
            Files.write(draft, facts);
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
            return;
        }
        List<String> kept = Files.readAllLines(file);
        for (int i = 0; i < Math.max(kept.size(), facts.size()); i++) {
            String had = i < kept.size() ? kept.get(i) : "nothing more";
            String got = i < facts.size() ? facts.get(i) : "nothing more";
            if (!had.equals(got)) {
                throw new TrainingFailed(
                        "--state-dir: expected the run that was broken off there (%s), got another (%s); remove %s to begin anew"
                                .formatted(had, got, folder));
            }
        }
    }

    Path state() {
        return state;
    }

    /// What writes a checkpoint into a folder that is not there yet.
    interface Draft {
        void write(Path folder) throws IOException;
    }

    /// Puts the model in place, and forgets the state.
    void publish(Draft draft) throws IOException {
        Path model = out.resolveSibling("." + out.getFileName() + ".model");
        delete(model); // of an attempt that was broken off here
        draft.write(model);
        delete(unfinished);
        if (Files.exists(out)) {
            Files.move(out, unfinished, StandardCopyOption.ATOMIC_MOVE);
        }
        Files.move(model, out, StandardCopyOption.ATOMIC_MOVE);
        delete(unfinished);
        forget(state);
    }

    /// Only what is ours: the folder may be one that a person named.
    private static void forget(Path state) throws IOException {
        if (!Files.isDirectory(state)) {
            return;
        }
        List<Path> entries;
        try (Stream<Path> all = Files.list(state)) {
            entries = all.toList();
        }
        int left = entries.size();
        for (Path entry : entries) {
            String name = entry.getFileName().toString();
            if (name.matches("[0-9]{12,}\\.state") || OURS.contains(name)) {
                Files.delete(entry);
                left--;
            }
        }
        if (left == 0) {
            Files.delete(state);
        }
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }

    /// Does not follow links.
    private static void delete(Path tree) throws IOException {
        if (!Files.exists(tree)) {
            return;
        }
        Files.walkFileTree(tree, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failure) throws IOException {
                Files.delete(folder);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
