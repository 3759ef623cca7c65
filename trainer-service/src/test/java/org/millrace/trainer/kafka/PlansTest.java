package org.millrace.trainer.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.checkpoint.Shape;
import org.millrace.proto.events.v1.Descent;
import org.millrace.proto.events.v1.FineTune;
import org.millrace.proto.events.v1.ImprovePolicy;
import org.millrace.proto.events.v1.Message;
import org.millrace.proto.events.v1.Pretrain;
import org.millrace.proto.events.v1.Sampling;
import org.millrace.proto.events.v1.TrainReward;
import org.millrace.proto.events.v1.TrainingPlan;
import org.millrace.proto.events.v1.TrainingPrompt;
import org.millrace.trainer.Budget;
import org.millrace.trainer.Descent.OptimizerChoice;
import org.millrace.trainer.Plan;

class PlansTest {

    @Test
    void plansBecomeTheDomains() {
        assertThat(Plans.plan(pretrain().build())).isEqualTo(new Plan.Pretrain(new Budget(10, 0), 7, 4, 0, 0, 0, 0));
        assertThat(Plans.plan(fineTune().build()))
                .isEqualTo(new Plan.FineTune(new Budget(10, 0), 7, Map.of("facts", 2.0), 0.5, 0, 0));
        assertThat(Plans.plan(reward().build())).isEqualTo(new Plan.TrainReward(new Budget(10, 0), 7, 0, 0));
        assertThat(Plans.plan(improve().build()))
                .isEqualTo(new Plan.ImprovePolicy(new Budget(10, 0), 7, 1, 0, 0, 0, 0));
    }

    /// 0.4 and 0.6 as they are meant, though as floats they are more than 1.
    @Test
    void whatIsAskedOtherwiseReachesTheDomain() {
        TrainingPlan asked = pretraining(p -> p.setLayers(3)
                        .setHeads(6)
                        .setKvHeads(2)
                        .setHidden(100)
                        .setRopeTheta(5_000)
                        .setQkNorm(true)
                        .setTied(false))
                .setDescent(Descent.newBuilder()
                        .setOptimizer(Descent.Optimizer.OPTIMIZER_MUON)
                        .setMatrixLearningRate(0.5f)
                        .setRestLearningRate(0.25f)
                        .setWeightDecay(0)
                        .setWarmUpShare(0.4f)
                        .setDecayShare(0.6f)
                        .setFloor(0)
                        .setMaxGradientNorm(2)
                        .setRowsAtOnce(3)
                        .setEvaluations(0)
                        .setRecompute(true))
                .build();

        Plan.Pretrain plan = (Plan.Pretrain) Plans.plan(asked);

        assertThat(plan.shape()).isEqualTo(new Shape(3, 0, 6, 2, 100, 5_000, true, false));
        assertThat(plan.descent())
                .isEqualTo(new org.millrace.trainer.Descent(
                        OptimizerChoice.MUON, 0.5, 0.25, 0.0, 0.4, 0.6, 0.0, 2, 3, 0, true));
    }

    @Test
    void theLargestShareOfDocumentsIsAllowed() {
        FineTune largest = FineTune.newBuilder().setDocumentWeight(0.9f).build();

        assertThat(Plans.plan(fineTune().setFineTune(largest).build()))
                .isInstanceOfSatisfying(Plan.FineTune.class, plan -> assertThat(plan.documentWeight())
                        .isCloseTo(0.9, within(1e-6)));
    }

    @Test
    void zeroMeansTheContractsDefaults() {
        assertThat(Plans.promptsPerRound(ImprovePolicy.getDefaultInstance())).isEqualTo(32);
        assertThat(Plans.samplesPerPrompt(ImprovePolicy.getDefaultInstance())).isEqualTo(4);
        assertThat(Plans.sampling(ImprovePolicy.getDefaultInstance()).getTemperature())
                .isEqualTo(1);
    }

    @ParameterizedTest
    @MethodSource("badPlans")
    void badPlansNameTheField(String message, TrainingPlan plan) {
        assertThatThrownBy(() -> Plans.plan(plan))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message);
    }

    static Stream<Arguments> badPlans() {
        return Stream.of(
                bad("plan.model: expected [a-z0-9-]{1,64}, got \"\"", pretrain().clearModel()),
                bad(
                        "plan.model: expected [a-z0-9-]{1,64}, got \"../x\"",
                        pretrain().setModel("../x")),
                bad(
                        "plan.model: expected [a-z0-9-]{1,64}, got 100 characters",
                        pretrain().setModel("x".repeat(100))),
                bad("plan.stage: expected pretrain,", pretrain().clearPretrain()),
                bad("plan.max_steps: expected at least 0, got -1", pretrain().setMaxSteps(-1)),
                bad("plan.max_seconds: expected at least 0, got -1", pretrain().setMaxSeconds(-1)),
                bad(
                        "plan.max_steps, plan.max_seconds: expected at least one above 0",
                        pretrain().clearMaxSteps()),
                bad(
                        "plan.base: expected nothing for pretraining, got x",
                        pretrain().setBase("x")),
                bad("plan.tokenizer: expected", pretrain().clearTokenizer()),
                bad("plan.pretrain.depth: expected 1 to 64, got 0", pretraining(p -> p.setDepth(0))),
                bad("plan.pretrain.depth: expected 1 to 64, got 65", pretraining(p -> p.setDepth(65))),
                bad("plan.pretrain.context: expected 0 or 16 to 131072, got 15", pretraining(p -> p.setContext(15))),
                bad("plan.pretrain.rows_per_step: expected 0 to 65536, got -1", pretraining(p -> p.setRowsPerStep(-1))),
                bad("plan.pretrain.width: expected 0 to 16384, got -1", pretraining(p -> p.setWidth(-1))),
                bad(
                        "plan.pretrain.learning_rate: expected a finite number of at least 0, got NaN",
                        pretraining(p -> p.setLearningRate(Float.NaN))),
                bad("plan.pretrain.layers: expected 0 to 1024, got 1025", pretraining(p -> p.setLayers(1_025))),
                bad("plan.pretrain.heads: expected 0 to 4096, got -1", pretraining(p -> p.setHeads(-1))),
                bad(
                        "plan.pretrain.kv_heads: expected 0 or a divisor of the heads, which are 4, got 3",
                        pretraining(p -> p.setKvHeads(3))),
                bad(
                        "plan.pretrain.kv_heads: expected 0 or a divisor of the heads, which are 6, got -2",
                        pretraining(p -> p.setHeads(6).setKvHeads(-2))),
                bad("plan.pretrain.hidden: expected 0 to 65536, got 65537", pretraining(p -> p.setHidden(65_537))),
                bad(
                        "plan.pretrain.rope_theta: expected 0 or 1 to 1e9, got 0.5",
                        pretraining(p -> p.setRopeTheta(0.5f))),
                bad(
                        "plan.pretrain.rope_theta: expected 0 or 1 to 1e9, got NaN",
                        pretraining(p -> p.setRopeTheta(Float.NaN))),
                bad(
                        "plan.descent.matrix_learning_rate: expected 0 to 10, got 11.0",
                        descending(d -> d.setMatrixLearningRate(11))),
                bad(
                        "plan.descent.rest_learning_rate: expected 0 to 10, got NaN",
                        descending(d -> d.setRestLearningRate(Float.NaN))),
                bad("plan.descent.weight_decay: expected 0 to 10, got -1.0", descending(d -> d.setWeightDecay(-1))),
                bad("plan.descent.floor: expected 0 to 1, got 2.0", descending(d -> d.setFloor(2))),
                bad(
                        "plan.descent.max_gradient_norm: expected 0 to 1000000, got -1.0",
                        descending(d -> d.setMaxGradientNorm(-1))),
                bad("plan.descent.warm_up_share: expected 0 to 1, got 1.5", descending(d -> d.setWarmUpShare(1.5f))),
                bad(
                        "plan.descent.warm_up_share: expected warm_up_share + decay_share of at most 1, got 0.6 + 0.5",
                        descending(d -> d.setWarmUpShare(0.6f))),
                bad(
                        "plan.descent.decay_share: expected warm_up_share + decay_share of at most 1, got 0.02 + 1.0",
                        descending(d -> d.setDecayShare(1))),
                bad("plan.descent.optimizer: expected", descending(d -> d.setOptimizerValue(9))),
                bad("plan.descent.rows_at_once: expected 0 to 65536, got -1", descending(d -> d.setRowsAtOnce(-1))),
                bad(
                        "plan.descent.rows_at_once: expected 0 but for pretraining and fine-tuning, got 2",
                        reward().setDescent(Descent.newBuilder().setRowsAtOnce(2))),
                bad(
                        "plan.descent.recompute: expected false but for pretraining and fine-tuning, got true",
                        reward().setDescent(Descent.newBuilder().setRecompute(true))),
                bad("plan.descent.evaluations: expected 0 to 10000, got -1", descending(d -> d.setEvaluations(-1))),
                bad(
                        "plan.descent.evaluations: expected nothing but for pretraining, got 0",
                        fineTune().setDescent(Descent.newBuilder().setEvaluations(0))),
                bad("plan.base: expected", fineTune().clearBase()),
                bad("plan.tokenizer: expected", fineTune().setTokenizer("X")),
                bad("plan.fine_tune.dataset_weights key: expected", tuning(f -> f.putDatasetWeights("A b", 1))),
                bad("plan.fine_tune.dataset_weights[x]: expected", tuning(f -> f.putDatasetWeights("x", -1))),
                bad(
                        "plan.fine_tune.document_weight: expected 0 to 0.9, got 0.95",
                        tuning(f -> f.setDocumentWeight(0.95f))),
                bad(
                        "plan.fine_tune.document_weight: expected 0 to 0.9, got NaN",
                        tuning(f -> f.setDocumentWeight(Float.NaN))),
                bad("plan.fine_tune.learning_rate_scale: expected", tuning(f -> f.setLearningRateScale(-1))),
                bad("plan.fine_tune.rows_per_step: expected", tuning(f -> f.setRowsPerStep(-1))),
                bad(
                        "plan.reward.learning_rate_scale: expected",
                        rewarding(r -> r.setLearningRateScale(Float.POSITIVE_INFINITY))),
                bad("plan.reward.prompts_per_step: expected", rewarding(r -> r.setPromptsPerStep(-1))),
                bad("plan.reward.min_rankings: expected at least 0, got -1", rewarding(r -> r.setMinRankings(-1))),
                bad(
                        "plan.reward.normalise_on: expected at most 128",
                        rewarding(r -> r.setNormaliseOn("x".repeat(129)))),
                bad("plan.improve_policy.reward: expected", improving(ImprovePolicy.Builder::clearReward)),
                bad(
                        "plan.improve_policy.prompts: expected 1 to 100000, got 0",
                        improving(ImprovePolicy.Builder::clearPrompts)),
                bad(
                        "plan.improve_policy.prompts[0].messages: expected a user message at the end",
                        improving(i -> i.setPrompts(0, prompt(Message.Role.ROLE_USER, Message.Role.ROLE_ASSISTANT)))),
                bad(
                        "plan.improve_policy.prompts[0].messages[1].role: expected ROLE_ASSISTANT, got ROLE_USER",
                        improving(i -> i.setPrompts(0, prompt(Message.Role.ROLE_USER, Message.Role.ROLE_USER)))),
                bad(
                        "plan.improve_policy.prompts[0].messages: expected at least one",
                        improving(i -> i.setPrompts(0, prompt()))),
                bad(
                        "plan.improve_policy.prompts[0].messages: expected a user message at the end, got ROLE_SYSTEM",
                        improving(i -> i.setPrompts(0, prompt(Message.Role.ROLE_SYSTEM)))),
                bad(
                        "plan.improve_policy.prompts[0].messages[0].content: expected some text",
                        improving(i ->
                                i.getPromptsBuilder(0).getMessagesBuilder(0).clearContent())),
                bad("plan.improve_policy.prompts_per_round: expected", improving(i -> i.setPromptsPerRound(-1))),
                bad(
                        "plan.improve_policy.samples_per_prompt: expected 0 to 64, got 65",
                        improving(i -> i.setSamplesPerPrompt(65))),
                bad(
                        "plan.improve_policy.sampling.temperature: expected 0.01 to 100",
                        sampling(s -> s.setTemperature(0))),
                bad(
                        "plan.improve_policy.sampling.temperature: expected 0.01 to 100",
                        sampling(s -> s.setTemperature(Float.NaN))),
                bad("plan.improve_policy.sampling.top_p: expected 0 or 1 (off)", sampling(s -> s.setTopP(0.9f))),
                bad("plan.improve_policy.sampling.top_p: expected 0 or 1 (off)", sampling(s -> s.setTopP(2))),
                bad("plan.improve_policy.sampling.top_k: expected 0 (off)", sampling(s -> s.setTopK(5))),
                bad("plan.improve_policy.sampling.top_k: expected 0 (off)", sampling(s -> s.setTopK(-1))),
                bad("plan.improve_policy.sampling.max_tokens: expected at least 0", sampling(s -> s.setMaxTokens(-1))),
                bad("plan.improve_policy.kl_coefficient: expected", improving(i -> i.setKlCoefficient(-1))),
                bad("plan.improve_policy.kl_target: expected", improving(i -> i.setKlTarget(Float.NaN))),
                bad(
                        "plan.improve_policy.max_staleness: expected 0 to 16, got 17",
                        improving(i -> i.setMaxStaleness(17))),
                bad("plan.improve_policy.learning_rate_scale: expected", improving(i -> i.setLearningRateScale(-1))),
                bad("plan.improve_policy.verifier_weight: expected", improving(i -> i.setVerifierWeight(-1))),
                bad("plan.improve_policy.document_coefficient: expected", improving(i -> i.setDocumentCoefficient(-1))),
                bad("plan: expected at most 900,000 bytes", improving(i -> i.getPromptsBuilder(0)
                        .getMessagesBuilder(0)
                        .setContent("x".repeat(900_000)))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "A", "a b", "a/b", "ä"})
    void badRunIdsAreRefused(String runId) {
        assertThatThrownBy(() -> Plans.checkRunId(runId))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("run_id: expected [a-z0-9-]{1,64}, got");
    }

    private static Arguments bad(String message, TrainingPlan.Builder plan) {
        return Arguments.of(message, plan.build());
    }

    private static TrainingPlan.Builder descending(Consumer<Descent.Builder> change) {
        TrainingPlan.Builder plan = pretrain();
        change.accept(plan.getDescentBuilder());
        return plan;
    }

    private static TrainingPlan.Builder pretraining(Consumer<Pretrain.Builder> change) {
        TrainingPlan.Builder plan = pretrain();
        change.accept(plan.getPretrainBuilder());
        return plan;
    }

    private static TrainingPlan.Builder tuning(Consumer<FineTune.Builder> change) {
        TrainingPlan.Builder plan = fineTune();
        change.accept(plan.getFineTuneBuilder());
        return plan;
    }

    private static TrainingPlan.Builder rewarding(Consumer<TrainReward.Builder> change) {
        TrainingPlan.Builder plan = reward();
        change.accept(plan.getRewardBuilder());
        return plan;
    }

    private static TrainingPlan.Builder improving(Consumer<ImprovePolicy.Builder> change) {
        TrainingPlan.Builder plan = improve();
        change.accept(plan.getImprovePolicyBuilder());
        return plan;
    }

    private static TrainingPlan.Builder sampling(Consumer<Sampling.Builder> change) {
        return improving(improve -> {
            improve.getSamplingBuilder().setTemperature(1);
            change.accept(improve.getSamplingBuilder());
        });
    }

    private static TrainingPlan.Builder pretrain() {
        return TrainingPlan.newBuilder()
                .setModel("policy")
                .setTokenizer("words")
                .setMaxSteps(10)
                .setSeed(7)
                .setPretrain(Pretrain.newBuilder().setDepth(4));
    }

    private static TrainingPlan.Builder fineTune() {
        return based().setFineTune(
                        FineTune.newBuilder().putDatasetWeights("facts", 2).setDocumentWeight(0.5f));
    }

    private static TrainingPlan.Builder reward() {
        return based().setReward(TrainReward.newBuilder().setMinRankings(5));
    }

    private static TrainingPlan.Builder improve() {
        return based().setImprovePolicy(ImprovePolicy.newBuilder()
                .setReward("reward")
                .addPrompts(prompt(Message.Role.ROLE_SYSTEM, Message.Role.ROLE_USER)));
    }

    private static TrainingPlan.Builder based() {
        return TrainingPlan.newBuilder()
                .setModel("policy")
                .setBase("base")
                .setMaxSteps(10)
                .setSeed(7);
    }

    private static TrainingPrompt prompt(Message.Role... roles) {
        return TrainingPrompt.newBuilder()
                .addAllMessages(Stream.of(roles)
                        .map(role -> Message.newBuilder()
                                .setRole(role)
                                .setContent("text")
                                .build())
                        .toList())
                .build();
    }
}
