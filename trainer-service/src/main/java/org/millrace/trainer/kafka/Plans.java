package org.millrace.trainer.kafka;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.checkpoint.Shape;
import org.millrace.proto.events.v1.FineTune;
import org.millrace.proto.events.v1.ImprovePolicy;
import org.millrace.proto.events.v1.Message;
import org.millrace.proto.events.v1.Pretrain;
import org.millrace.proto.events.v1.Sampling;
import org.millrace.proto.events.v1.TrainReward;
import org.millrace.proto.events.v1.TrainingPlan;
import org.millrace.proto.events.v1.TrainingPrompt;
import org.millrace.trainer.Budget;
import org.millrace.trainer.Plan;

/// Plans as they are asked, checked field by field and turned into what the domain takes.
///
/// A plan that passes here fails later only for its data. Messages read
/// `field: expected …, got …`, with the names of the contract.
public final class Plans {

    static final int MAX_PROMPTS = 100_000;

    /// A record holds 1 MiB, headers included.
    static final int MAX_BYTES = 900_000;

    private static final Pattern NAME = Pattern.compile("[a-z0-9-]{1,64}");
    private static final int MAX_PURPOSE = 128;
    private static final int MAX_STALENESS = 16;

    private Plans() {}

    /// A run's name.
    public static void checkRunId(String runId) {
        checkName("run_id", runId);
    }

    /// The plan in the domain's terms.
    ///
    /// @throws IllegalArgumentException names the field, what was expected, and what came
    public static Plan plan(TrainingPlan plan) {
        checkName("plan.model", plan.getModel());
        expect(plan.getSerializedSize() <= MAX_BYTES, "plan", "at most 900,000 bytes", plan.getSerializedSize());
        expect(plan.getMaxSteps() >= 0, "plan.max_steps", "at least 0", plan.getMaxSteps());
        expect(plan.getMaxSeconds() >= 0, "plan.max_seconds", "at least 0", plan.getMaxSeconds());
        expect(
                plan.getMaxSteps() > 0 || plan.getMaxSeconds() > 0,
                "plan.max_steps, plan.max_seconds",
                "at least one above 0",
                "0 and 0");
        Budget budget = new Budget(plan.getMaxSteps(), plan.getMaxSeconds());
        return switch (plan.getStageCase()) {
            case PRETRAIN -> pretrain(plan, budget);
            case FINE_TUNE -> fineTune(plan, budget);
            case REWARD -> reward(plan, budget);
            case IMPROVE_POLICY -> improvePolicy(plan, budget);
            case STAGE_NOT_SET ->
                throw new IllegalArgumentException(
                        "plan.stage: expected pretrain, fine_tune, reward or improve_policy, got none");
        };
    }

    static int promptsPerRound(ImprovePolicy plan) {
        return plan.getPromptsPerRound() == 0 ? 32 : plan.getPromptsPerRound();
    }

    static int samplesPerPrompt(ImprovePolicy plan) {
        return plan.getSamplesPerPrompt() == 0 ? 4 : plan.getSamplesPerPrompt();
    }

    /// Where nothing is said about sampling, tokens are drawn as the model means them.
    static Sampling sampling(ImprovePolicy plan) {
        return plan.hasSampling()
                ? plan.getSampling()
                : Sampling.newBuilder().setTemperature(1).build();
    }

    private static Plan pretrain(TrainingPlan plan, Budget budget) {
        expect(plan.getBase().isEmpty(), "plan.base", "nothing for pretraining", plan.getBase());
        checkName("plan.tokenizer", plan.getTokenizer());
        Pretrain stage = plan.getPretrain();
        within("plan.pretrain.depth", stage.getDepth(), 1, 64);
        expect(
                stage.getContext() == 0 || stage.getContext() >= 16 && stage.getContext() <= 131_072,
                "plan.pretrain.context",
                "0 or 16 to 131072",
                stage.getContext());
        within("plan.pretrain.rows_per_step", stage.getRowsPerStep(), 0, 65_536);
        within("plan.pretrain.width", stage.getWidth(), 0, 16_384);
        rate("plan.pretrain.learning_rate", stage.getLearningRate());
        return new Plan.Pretrain(
                budget,
                plan.getSeed(),
                stage.getDepth(),
                stage.getContext(),
                stage.getRowsPerStep(),
                shape(stage),
                stage.getLearningRate(),
                Descents.descent(plan));
    }

    private static Shape shape(Pretrain stage) {
        String name = "plan.pretrain.";
        within(name + "layers", stage.getLayers(), 0, 1_024);
        within(name + "heads", stage.getHeads(), 0, 4_096);
        within(name + "hidden", stage.getHidden(), 0, 65_536);
        float theta = stage.getRopeTheta();
        expect(theta == 0 || theta >= 1 && theta <= 1e9f, name + "rope_theta", "0 or 1 to 1e9", theta);
        Shape asked = new Shape(
                stage.getLayers(),
                stage.getWidth(),
                stage.getHeads(),
                0,
                stage.getHidden(),
                theta,
                stage.hasQkNorm() ? stage.getQkNorm() : null,
                stage.hasTied() ? stage.getTied() : null);
        int heads = ModelConfig.ofDepth(stage.getDepth(), asked, 1, 2, 0, 0).heads(); // whatever the vocabulary
        int kvHeads = stage.getKvHeads();
        expect(
                kvHeads == 0 || kvHeads > 0 && heads % kvHeads == 0,
                name + "kv_heads",
                "0 or a divisor of the heads, which are " + heads,
                kvHeads);
        return new Shape(
                asked.layers(),
                asked.width(),
                asked.heads(),
                kvHeads,
                asked.hidden(),
                asked.ropeTheta(),
                asked.qkNorm(),
                asked.tied());
    }

    private static Plan fineTune(TrainingPlan plan, Budget budget) {
        checkBase(plan);
        FineTune stage = plan.getFineTune();
        Map<String, Double> weights = new HashMap<>();
        stage.getDatasetWeightsMap().forEach((name, weight) -> {
            checkName("plan.fine_tune.dataset_weights key", name);
            rate("plan.fine_tune.dataset_weights[" + name + "]", weight);
            weights.put(name, (double) weight);
        });
        expect(
                stage.getDocumentWeight() >= 0 && stage.getDocumentWeight() <= 0.9f,
                "plan.fine_tune.document_weight",
                "0 to 0.9",
                stage.getDocumentWeight());
        rate("plan.fine_tune.learning_rate_scale", stage.getLearningRateScale());
        within("plan.fine_tune.rows_per_step", stage.getRowsPerStep(), 0, 65_536);
        return new Plan.FineTune(
                budget,
                plan.getSeed(),
                weights,
                // As a double, 0.9f is a little more than 0.9.
                Math.min(0.9, stage.getDocumentWeight()),
                stage.getLearningRateScale(),
                stage.getRowsPerStep(),
                Descents.descent(plan));
    }

    private static Plan reward(TrainingPlan plan, Budget budget) {
        checkBase(plan);
        TrainReward stage = plan.getReward();
        rate("plan.reward.learning_rate_scale", stage.getLearningRateScale());
        within("plan.reward.prompts_per_step", stage.getPromptsPerStep(), 0, 65_536);
        expect(stage.getMinRankings() >= 0, "plan.reward.min_rankings", "at least 0", stage.getMinRankings());
        expect(
                stage.getNormaliseOn().length() <= MAX_PURPOSE,
                "plan.reward.normalise_on",
                "at most 128 characters",
                stage.getNormaliseOn().length());
        return new Plan.TrainReward(
                budget,
                plan.getSeed(),
                stage.getLearningRateScale(),
                stage.getPromptsPerStep(),
                Descents.descent(plan));
    }

    private static Plan improvePolicy(TrainingPlan plan, Budget budget) {
        checkBase(plan);
        ImprovePolicy stage = plan.getImprovePolicy();
        String name = "plan.improve_policy.";
        checkName(name + "reward", stage.getReward());
        within(name + "prompts", stage.getPromptsCount(), 1, MAX_PROMPTS);
        for (int i = 0; i < stage.getPromptsCount(); i++) {
            checkPrompt(name + "prompts[" + i + "].messages", stage.getPrompts(i));
        }
        within(name + "prompts_per_round", stage.getPromptsPerRound(), 0, 4_096);
        within(name + "samples_per_prompt", stage.getSamplesPerPrompt(), 0, 64);
        Sampling sampling = sampling(stage);
        expect(
                sampling.getTemperature() >= 0.01f && sampling.getTemperature() <= 100,
                name + "sampling.temperature",
                "0.01 to 100, since greedy answers teach nothing",
                sampling.getTemperature());
        expect(
                sampling.getTopP() == 0 || sampling.getTopP() == 1,
                name + "sampling.top_p",
                "0 or 1 (off), since PPO needs the probabilities that were drawn from",
                sampling.getTopP());
        expect(
                sampling.getTopK() == 0,
                name + "sampling.top_k",
                "0 (off), since PPO needs the probabilities that were drawn from",
                sampling.getTopK());
        expect(sampling.getMaxTokens() >= 0, name + "sampling.max_tokens", "at least 0", sampling.getMaxTokens());
        rate(name + "kl_coefficient", stage.getKlCoefficient());
        rate(name + "kl_target", stage.getKlTarget());
        within(name + "max_staleness", stage.getMaxStaleness(), 0, MAX_STALENESS);
        rate(name + "learning_rate_scale", stage.getLearningRateScale());
        rate(name + "verifier_weight", stage.getVerifierWeight());
        rate(name + "document_coefficient", stage.getDocumentCoefficient());
        return new Plan.ImprovePolicy(
                budget,
                plan.getSeed(),
                sampling.getTemperature(),
                stage.getKlCoefficient(),
                stage.getKlTarget(),
                stage.getLearningRateScale(),
                stage.getDocumentCoefficient(),
                Descents.descent(plan));
    }

    private static void checkPrompt(String name, TrainingPrompt prompt) {
        List<Message> messages = prompt.getMessagesList();
        expect(!messages.isEmpty(), name, "at least one", "none");
        int first = messages.getFirst().getRole() == Message.Role.ROLE_SYSTEM ? 1 : 0;
        for (int i = first; i < messages.size(); i++) {
            Message.Role expected = (i - first) % 2 == 0 ? Message.Role.ROLE_USER : Message.Role.ROLE_ASSISTANT;
            expect(
                    messages.get(i).getRole() == expected,
                    name + "[" + i + "].role",
                    expected.name(),
                    messages.get(i).getRole());
        }
        for (int i = 0; i < messages.size(); i++) {
            expect(!messages.get(i).getContent().isEmpty(), name + "[" + i + "].content", "some text", "none");
        }
        expect(
                messages.getLast().getRole() == Message.Role.ROLE_USER,
                name,
                "a user message at the end",
                messages.getLast().getRole());
    }

    private static void checkBase(TrainingPlan plan) {
        checkName("plan.base", plan.getBase());
        if (!plan.getTokenizer().isEmpty()) {
            checkName("plan.tokenizer", plan.getTokenizer());
        }
    }

    private static void checkName(String field, String value) {
        expect(
                NAME.matcher(value).matches(),
                field,
                NAME.pattern(),
                value.length() <= 80 ? "\"" + value + "\"" : value.length() + " characters");
    }

    private static void rate(String field, float value) {
        expect(value >= 0 && Float.isFinite(value), field, "a finite number of at least 0", value);
    }

    static void within(String field, long value, long least, long most) {
        expect(value >= least && value <= most, field, least + " to " + most, value);
    }

    static void expect(boolean holds, String field, String expected, Object got) {
        if (!holds) {
            throw new IllegalArgumentException("%s: expected %s, got %s".formatted(field, expected, got));
        }
    }
}
