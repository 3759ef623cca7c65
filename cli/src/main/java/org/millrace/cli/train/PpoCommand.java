package org.millrace.cli.train;

import java.io.IOException;
import java.nio.file.Path;
import org.millrace.proto.events.v1.ImprovePolicy;
import org.millrace.proto.events.v1.TrainingPlan;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Improves a policy.
@Command(
        name = "ppo",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        modelTransformer = PlanOptions.class,
        description = "Improves a fine-tuned model by PPO against a reward model; a step is a round.")
final class PpoCommand extends SubmitCommand {

    @Option(
            names = "--prompts",
            required = true,
            paramLabel = "FILE",
            description = {
                "What to practise on, a JSON object a line: {\"prompt\": \"…\"} or {\"messages\": [{\"role\": \"user\",",
                "\"content\": \"…\"}]}, and where there is a right answer \"reference\", alternatives parted by '|'."
            })
    @SuppressWarnings("NullAway.Init")
    private Path prompts;

    PpoCommand() {
        super(TrainingPlan.IMPROVE_POLICY_FIELD_NUMBER);
    }

    @Override
    void complete(TrainingPlan.Builder plan) throws IOException {
        ImprovePolicy.Builder stage = plan.getImprovePolicyBuilder();
        stage.addAllPrompts(Prompts.read(prompts));
        if (stage.hasSampling() && stage.getSampling().getTemperature() == 0) {
            stage.getSamplingBuilder().setTemperature(1); // greedy answers teach nothing
        }
    }
}
