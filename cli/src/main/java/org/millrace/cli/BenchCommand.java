package org.millrace.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.millrace.cli.runtime.Bench;
import org.millrace.cli.runtime.BenchRun;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

/// Measures one part of the system, or lists what can be measured.
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = "Measures one part of the system beside its baseline; without a name, lists what can be"
                + " measured. Needs no running system. The last line is one JSON object.")
final class BenchCommand implements Callable<Void> {

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Parameters(arity = "0..1", paramLabel = "NAME", description = "What to measure.")
    private @Nullable String name;

    @Option(
            names = "--seconds",
            defaultValue = "5",
            paramLabel = "N",
            description = "Length of each measurement, 1 to 600 (default: ${DEFAULT-VALUE}).")
    private int seconds;

    @Unmatched
    private List<String> options = new ArrayList<>();

    @Override
    public @Nullable Void call() throws IOException, InterruptedException {
        if (name == null) {
            refuseOptions();
            for (Bench bench : Bench.values()) {
                System.out.printf("%-11s %s%n", bench.label(), bench.description());
            }
            return null;
        }
        if (seconds < 1 || seconds > 600) {
            throw new ParameterException(spec.commandLine(), "--seconds: expected 1 to 600, got " + seconds);
        }
        Bench bench = Bench.named(name)
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(), "NAME: expected one of %s, got \"%s\"".formatted(Bench.labels(), name)));
        try {
            new BenchRun(bench, seconds, options).run();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
        return null;
    }

    /// Those of a bench are read by itself.
    private void refuseOptions() {
        if (!options.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "bench without a name: expected no further options, got \"%s\"".formatted(options.getFirst()));
        }
    }
}
