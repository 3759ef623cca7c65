package org.millrace.trainer.torch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.millrace.trainer.Budget;
import org.millrace.trainer.Keeping;
import org.millrace.trainer.Listener;
import org.millrace.trainer.Outcome;
import org.millrace.trainer.Plan;
import org.millrace.trainer.Snapshot;
import org.millrace.trainer.TrainingFailed;

/// A small pretraining run as a process of its own, which keeps its state after each step.
final class PretrainingProcess {

    private PretrainingProcess() {}

    /// @param args steps, directory of the run
    public static void main(String[] args) throws Exception {
        Path dir = Path.of(args[1]);
        run(Integer.parseInt(args[0]), dir, Tiny.Notes.keeping(dir, Long.MAX_VALUE, states(dir)));
    }

    static Process start(int steps, Path dir, Path log) throws IOException {
        return new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-Xmx160m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        PretrainingProcess.class.getName(),
                        String.valueOf(steps),
                        dir.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
    }

    /// Trains, and leaves the model and the loss, whose running mean takes in that of every step.
    static void run(int steps, Path dir, Tiny.Notes notes) throws TrainingFailed, IOException {
        Files.createDirectories(dir);
        Plan.Pretrain plan = new Plan.Pretrain(new Budget(steps, 0), 3, 2, 16, 4, 32, 3e-3);
        Outcome outcome = new Pretraining(ScalarType.BFloat16)
                .run(plan, Tiny.VOCABULARY, Tiny.counting(11), List.of(), new Diary(notes, dir));
        Files.writeString(
                dir.resolve("figures"),
                outcome.figures().get("loss_nats") + " " + outcome.figures().get("tokens"));
    }

    static Path states(Path dir) {
        return dir.resolve("states");
    }

    /// Notes the first step of each life.
    private static final class Diary implements Listener {

        private final Tiny.Notes notes;
        private final Path dir;

        Diary(Tiny.Notes notes, Path dir) {
            this.notes = notes;
            this.dir = dir;
        }

        @Override
        public void measured(long step, SortedMap<String, Double> figures, double progress, double secondsLeft) {
            if (notes.measured.isEmpty()) {
                try {
                    Files.writeString(lives(dir), step + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
            notes.measured(step, figures, progress, secondsLeft);
        }

        @Override
        public void publish(long step, Snapshot snapshot) throws IOException {
            notes.publish(step, snapshot);
        }

        @Override
        public Optional<Keeping> keeping() {
            return notes.keeping();
        }

        @Override
        public boolean cancelled() {
            return notes.cancelled();
        }
    }

    /// The first step of each life, a line each.
    static Path lives(Path dir) {
        return dir.resolve("lives");
    }
}
