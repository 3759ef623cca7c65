package org.millrace.cli.train;

import com.google.protobuf.Descriptors.FieldDescriptor;
import java.io.IOException;
import java.time.Instant;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.millrace.cli.client.Endpoints;
import org.millrace.proto.events.v1.TrainingJob;
import org.millrace.proto.events.v1.TrainingPlan;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// Submits a run of one stage and follows it. The options of the plan come from its contract ([PlanOptions]);
/// whether the values are right, the trainer says.
abstract sealed class SubmitCommand implements Callable<Integer>
        permits PretrainCommand, FineTuneCommand, RewardCommand, PpoCommand {

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private TrainerOption trainer;

    @Option(
            names = "--run",
            paramLabel = "ID",
            description = "Name of the run; with the same plan it is accepted once, however often it is submitted"
                    + " (default: the model and the time).")
    private @Nullable String run;

    @Option(
            names = "--minutes",
            paramLabel = "M",
            description = "Length of the training, instead of --max-seconds; parts count, as in 0.5.")
    private @Nullable Double minutes;

    @Option(names = "--detach", description = "Submit the run, and do not wait for it.")
    private boolean detach;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private WatchOptions watch;

    private final int stage;

    /// @param stage number of its field in [TrainingPlan]
    SubmitCommand(int stage) {
        this.stage = stage;
    }

    final FieldDescriptor stage() {
        return TrainingPlan.getDescriptor().findFieldByNumber(stage);
    }

    @Override
    public final Integer call() throws IOException, InterruptedException {
        TrainingPlan.Builder plan = PlanOptions.plan(spec, stage());
        if (minutes != null) {
            if (plan.getMaxSeconds() > 0) {
                throw new ParameterException(spec.commandLine(), "--minutes: expected nothing beside --max-seconds");
            }
            if (!(minutes > 0 && minutes <= 1e6)) {
                throw new ParameterException(
                        spec.commandLine(), "--minutes: expected above 0 to 1,000,000, got " + minutes);
            }
            plan.setMaxSeconds(Math.max(1, Math.round(60 * minutes)));
        }
        complete(plan);
        String id = run == null ? RunIds.of(plan.getModel(), Instant.now()) : run;
        RunIds.check(spec, "--run", id);
        try (Endpoints endpoints = trainer.connect()) {
            Trainer asked = new Trainer(endpoints);
            TrainingJob job;
            try {
                job = asked.submit(id, plan.build());
            } catch (Trainer.Refused e) {
                throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
            }
            System.out.printf("Run %s: %s.%n", id, JobStates.word(job.getState()));
            if (detach) {
                System.out.printf("It is shown by %s%n", trainer.command("watch", id));
                return 0;
            }
            return watch.follow(asked, trainer, id);
        }
    }

    /// Adds what options of single fields cannot say.
    void complete(TrainingPlan.Builder plan) throws IOException {}
}
