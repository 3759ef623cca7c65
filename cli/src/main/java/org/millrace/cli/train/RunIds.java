package org.millrace.cli.train;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.regex.Pattern;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/// Names of runs, which are keys on the log.
final class RunIds {

    private static final Pattern RUN = Pattern.compile("[a-z0-9-]{1,64}");
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);
    private static final int NAME = 40;

    private RunIds() {}

    /// One that nobody had before: the model and the time, UTC.
    static String of(String model, Instant now) {
        return model.substring(0, Math.min(NAME, model.length())) + "-" + TIME.format(now);
    }

    static void check(CommandSpec spec, String option, String runId) {
        if (!RUN.matcher(runId).matches()) {
            throw new ParameterException(
                    spec.commandLine(), "%s: expected %s, got \"%.80s\"".formatted(option, RUN.pattern(), runId));
        }
    }
}
