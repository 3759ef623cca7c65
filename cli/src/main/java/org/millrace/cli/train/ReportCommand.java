package org.millrace.cli.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.millrace.cli.Failure;
import org.millrace.cli.LogOption;
import org.millrace.cli.report.HtmlReport;
import org.millrace.cli.report.Report;
import org.millrace.cli.report.TextReport;
import org.millrace.cli.runtime.LocalLog;
import org.millrace.cli.train.kafka.RunLog;
import org.millrace.proto.events.v1.TrainingJob;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// What became of a run, for people: as a page with plots and as text.
@Command(
        name = "report",
        mixinStandardHelpOptions = true,
        description = "Writes a page of HTML with the plots of a run's figures, and shows them as text. Reads the log,"
                + " of a system that is up or stopped; a run need not have ended.")
final class ReportCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private LogOption log;

    @Parameters(paramLabel = "RUN", description = "Name of the run.")
    @SuppressWarnings("NullAway.Init")
    private String run;

    @Option(names = "--out", paramLabel = "FILE", description = "Where the HTML goes (default: RUN.html).")
    private @Nullable Path out;

    @Override
    public Integer call() throws IOException {
        RunIds.check(spec, "RUN", run);
        TrainingJob job;
        TrainingRun figures = new TrainingRun(run);
        try (LocalLog open = log.open()) {
            RunLog runs = new RunLog(open.bootstrapServers());
            job = runs.run(run)
                    .orElseThrow(() ->
                            new Failure("RUN: expected a submitted run, got \"%s\"; ./millrace train list shows them."
                                    .formatted(run)));
            runs.figures(job, figures::add);
        } catch (KafkaException e) {
            throw new Failure("Could not read the run: " + e.getMessage(), e);
        }
        Report report = new RunReport(job, figures).report();
        Path file = out == null ? Path.of(run + ".html") : out;
        Path folder = file.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        HtmlReport.write(file, report);
        System.out.println(TextReport.of(report));
        System.out.println("Report: " + file);
        return 0;
    }
}
