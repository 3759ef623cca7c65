package org.millrace.cli.train;

import java.io.IOException;
import java.util.concurrent.Callable;
import org.millrace.cli.client.Endpoints;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Follows a run that was submitted before, or tells one that has ended from its beginning.
@Command(
        name = "watch",
        mixinStandardHelpOptions = true,
        description = "Shows how a run goes until it ends. Exit code 1 if it fails or is cancelled.")
final class WatchCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private TrainerOption trainer;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private WatchOptions watch;

    @Parameters(paramLabel = "RUN", description = "Name of the run.")
    @SuppressWarnings("NullAway.Init")
    private String run;

    @Override
    public Integer call() throws IOException, InterruptedException {
        RunIds.check(spec, "RUN", run);
        try (Endpoints endpoints = trainer.connect()) {
            return watch.follow(new Trainer(endpoints), trainer, run);
        }
    }
}
