package org.millrace.cli.train;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.kafka.common.KafkaException;
import org.millrace.cli.Failure;
import org.millrace.cli.LogOption;
import org.millrace.cli.report.PlainText;
import org.millrace.cli.runtime.LocalLog;
import org.millrace.cli.train.kafka.RunLog;
import org.millrace.proto.events.v1.TrainingJob;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Which runs there are, and how they stand.
@Command(
        name = "list",
        mixinStandardHelpOptions = true,
        description = "Shows all training runs on the log, in order of submission, of a system that is up or stopped.")
final class ListCommand implements Callable<Integer> {

    private static final String FORMAT = "%-32s %-14s %-20s %-9s %-20s %9s  %s%n";

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private LogOption log;

    @Override
    public Integer call() throws IOException {
        List<TrainingJob> runs;
        try (LocalLog open = log.open()) {
            runs = new RunLog(open.bootstrapServers()).runs();
        } catch (KafkaException e) {
            throw new Failure("Could not read the runs: " + e.getMessage(), e);
        }
        if (runs.isEmpty()) {
            System.out.println("There are no training runs.");
            return 0;
        }
        System.out.printf(FORMAT, "run", "stage", "model", "state", "submitted (UTC)", "last news", "");
        for (TrainingJob run : runs) {
            System.out.printf(
                    FORMAT,
                    PlainText.line(run.getRunId(), 64),
                    Stage.of(run.getPlan()),
                    PlainText.line(run.getPlan().getModel(), 64),
                    JobStates.word(run.getState()),
                    Instant.ofEpochMilli(run.getSubmittedAtMs()).truncatedTo(ChronoUnit.SECONDS),
                    "+%d s"
                            .formatted(Duration.ofMillis(run.getUpdatedAtMs() - run.getSubmittedAtMs())
                                    .toSeconds()),
                    PlainText.line(run.getDetail(), 200));
        }
        return 0;
    }
}
