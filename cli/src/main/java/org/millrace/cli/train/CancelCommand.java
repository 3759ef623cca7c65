package org.millrace.cli.train;

import java.io.IOException;
import java.util.concurrent.Callable;
import org.millrace.cli.Failure;
import org.millrace.cli.client.Endpoints;
import org.millrace.proto.events.v1.TrainingJob;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Ends a run before its time.
@Command(
        name = "cancel",
        mixinStandardHelpOptions = true,
        description = "Ends a run after the step in hand; what it has published stays.")
final class CancelCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private TrainerOption trainer;

    @Parameters(paramLabel = "RUN", description = "Name of the run.")
    @SuppressWarnings("NullAway.Init")
    private String run;

    @Override
    public Integer call() throws IOException {
        RunIds.check(spec, "RUN", run);
        try (Endpoints endpoints = trainer.connect()) {
            TrainingJob.State state = new Trainer(endpoints).cancel(run).getState();
            if (state != TrainingJob.State.STATE_CANCELLED) {
                throw new Failure("The run %s has %s already.".formatted(run, JobStates.word(state)));
            }
            System.out.printf("Run %s is cancelled; what it had published stays.%n", run);
        }
        return 0;
    }
}
