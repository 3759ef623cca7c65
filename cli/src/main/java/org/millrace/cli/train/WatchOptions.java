package org.millrace.cli.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.millrace.cli.Failure;
import org.millrace.cli.report.PlainText;
import org.millrace.cli.train.tensorboard.EventFile;
import org.millrace.proto.events.v1.MetricsReported;
import org.millrace.proto.events.v1.TrainingJob;
import org.millrace.proto.events.v1.TrainingJob.State;
import org.millrace.proto.trainer.v1.WatchResponse;
import picocli.CommandLine.Option;

/// How a run is followed to its end: a bar with its figures.
final class WatchOptions {

    /// TensorBoard looks for the beginning. Always the same: who watches a run again does not tell it twice.
    private static final String FILE = "events.out.tfevents.0.millrace";

    @Option(
            names = "--tensorboard",
            paramLabel = "DIR",
            description =
                    "Write all figures of the run, from the first on, to an event file in DIR/RUN for TensorBoard.")
    private @Nullable Path tensorboard;

    /// A run may take so long.
    private static final Duration LONGEST = Duration.ofDays(100);

    /// Follows a run. Who breaks it off with Ctrl-C breaks off the watching, and is told so.
    ///
    /// @return 0; a run that does not succeed is a [Failure]
    int follow(Trainer trainer, TrainerOption system, String runId) throws IOException, InterruptedException {
        AtomicBoolean ended = new AtomicBoolean();
        Thread farewell = Thread.ofPlatform().unstarted(() -> {
            if (!ended.get()) {
                System.out.printf(
                        "%nThe run goes on. It is shown by %s%nand ended by %s%n",
                        system.command("watch", runId), system.command("cancel", runId));
            }
        });
        Runtime.getRuntime().addShutdownHook(farewell);
        try {
            return told(runId, shown(trainer, runId));
        } finally {
            ended.set(true);
            try {
                Runtime.getRuntime().removeShutdownHook(farewell);
            } catch (IllegalStateException e) {
                // The JVM is going down already: the hook is running, or has run.
            }
        }
    }

    /// The event file, which begins with the first figure: there is none of a run that has none.
    private static final class Log implements AutoCloseable {

        private final @Nullable Path folder;
        private @Nullable EventFile file;

        Log(@Nullable Path folder) {
            this.folder = folder;
        }

        static Log none() {
            return new Log(null);
        }

        void add(MetricsReported metrics) {
            if (folder == null) {
                return;
            }
            double seconds = metrics.getReportedAtMs() / 1e3;
            try {
                if (file == null) {
                    Files.createDirectories(folder);
                    file = EventFile.create(folder.resolve(FILE), seconds);
                }
                file.figures(seconds, metrics.getStep(), new TreeMap<>(metrics.getValuesMap()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() throws IOException {
            if (file != null) {
                file.close();
            }
        }
    }

    private record Ended(TrainingJob job, TrainingRun figures) {}

    private Ended shown(Trainer trainer, String runId) throws IOException, InterruptedException {
        TrainingRun figures = new TrainingRun(runId);
        try (Log log = tensorboard == null ? Log.none() : new Log(tensorboard.resolve(runId));
                Bar bar = new Bar(runId, share -> left(share, figures.secondsLeft()))) {
            TrainingJob job = trainer.follow(runId, LONGEST, update -> {
                show(update, figures, bar);
                if (update.hasMetrics()) {
                    log.add(update.getMetrics());
                }
            });
            if (job.getState() == State.STATE_SUCCEEDED) {
                bar.to(1);
            }
            return new Ended(job, figures);
        }
    }

    private static void show(WatchResponse update, TrainingRun figures, Bar bar) {
        if (update.hasMetrics()) {
            figures.add(update.getMetrics());
            bar.say(figures.headline());
            bar.to(figures.progress());
        } else if (update.getJob().getState() == State.STATE_QUEUED) {
            bar.say("waits in the queue");
        } else if (update.getJob().getState() == State.STATE_RUNNING) {
            String detail = update.getJob().getDetail();
            bar.say(
                    !detail.isEmpty()
                            ? "waits, " + PlainText.line(detail)
                            : figures.steps() > 0 ? figures.headline() : "gathers its data");
        }
    }

    private static int told(String runId, Ended ended) {
        TrainingJob job = ended.job();
        if (job.getState() != State.STATE_SUCCEEDED) {
            throw new Failure("The run %s has %s%s"
                    .formatted(
                            runId,
                            job.getState() == State.STATE_CANCELLED ? "been cancelled" : "failed",
                            job.getDetail().isEmpty() ? "." : ": " + PlainText.line(job.getDetail())));
        }
        System.out.printf(
                "Run %s has succeeded: %s; the model is published as %s.%n",
                runId, ended.figures().headline(), job.getPlan().getModel());
        return 0;
    }

    private static String left(double share, double seconds) {
        if (share <= 0 || share >= 1) {
            return "";
        }
        long whole = Math.round(seconds);
        return whole < 60
                ? whole + " s left"
                : whole < 3_600
                        ? "%d min %02d s left".formatted(whole / 60, whole % 60)
                        : "%d h %02d min left".formatted(whole / 3_600, whole % 3_600 / 60);
    }
}
