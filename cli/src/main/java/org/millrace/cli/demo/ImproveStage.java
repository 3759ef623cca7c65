package org.millrace.cli.demo;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleConsumer;
import org.millrace.cli.client.Answers;
import org.millrace.cli.client.Answers.Answer;
import org.millrace.cli.report.Chart;
import org.millrace.cli.train.Bar;
import org.millrace.cli.train.TrainingRun;
import org.millrace.proto.events.v1.ImprovePolicy;
import org.millrace.proto.events.v1.Sampling;
import org.millrace.proto.events.v1.TrainingPlan;
import org.millrace.proto.events.v1.TrainingPrompt;
import org.millrace.world.Question;

/// PPO against the reward model: measures the mean reward on held-out prompts before and after, and
/// what became of the answers.
record ImproveStage(Plan.Improve plan) implements Stage {

    private static final Sampling AS_TRAINED =
            Sampling.newBuilder().setTemperature(1).setMaxTokens(32).build();

    @Override
    public String title() {
        return "Improve by PPO";
    }

    @Override
    public Duration planned() {
        return plan.budget().expected().plusSeconds(12);
    }

    @Override
    public void run(Run run, Bar bar) throws InterruptedException {
        List<Question> prompts = new ArrayList<>(run.heldOut);
        prompts.addAll(run.unknown);
        run.rewards.awaitVersion(Run.REWARD, 1, Duration.ofSeconds(60));
        bar.say("reward before");
        double before = meanReward(run, Run.POLICY, prompts, share -> bar.to(0.05 * share));

        TrainingRun training = run.train("demo-improve", training(run), bar, 0.05, 0.85);
        // Version 3 is the fine-tuned model again, for the first round; each round adds one.
        run.answers.awaitVersion(Run.POLICY, 3 + training.steps(), Duration.ofSeconds(60));
        bar.say("reward after");
        double after = meanReward(run, Run.POLICY, prompts, share -> bar.to(0.85 + 0.05 * share));
        Exam.Result known = run.exam.ask(run.heldOut, share -> bar.to(0.9 + 0.05 * share));
        Exam.Result unknown = run.exam.ask(run.unknown, share -> bar.to(0.95 + 0.05 * share));

        run.figures.put("ppo_reward_before", before);
        run.figures.put("ppo_reward_after", after);
        run.figures.put("ppo_kl", training.last("kl_nats"));
        run.figures.put("ppo_rounds", training.steps());
        run.figures.put("exact_before_ppo", run.figures.number("sft_exact_heldout"));
        run.figures.put("exact_after_ppo", known.rightShare());
        run.figures.put("unknown_refused_after_ppo", unknown.refusedShare());
        run.figures.put("known_refused_after_ppo", known.refusedShare());
        Findings section = run.section();
        section.row("mean reward, held-out prompts", "%.3f".formatted(before), "%.3f".formatted(after));
        section.row(
                "KL from the fine-tuned model, nats an answer", "0.000", "%.3f".formatted(training.last("kl_nats")));
        section.row(
                "exact answers to held-out questions",
                Run.percent(run.figures.number("sft_exact_heldout")),
                Run.percent(known.rightShare()));
        section.row(
                "of %d answers became right, became wrong".formatted(known.asked()),
                "",
                "%d, %d".formatted(known.rightBeside(run.fineTuned), run.fineTuned.rightBeside(known)));
        section.row(
                "\"I don't know\" about invented names",
                Run.percent(run.figures.number("unknown_refused")),
                Run.percent(unknown.refusedShare()));
        section.row(
                "\"I don't know\" about real ones",
                Run.percent(run.fineTuned.refusedShare()),
                Run.percent(known.refusedShare()));
        section.chart(new Chart.Lines(
                "Reward of the rollouts",
                "round",
                "reward",
                List.of(training.line("reward_mean", "mean of the round"))));
        section.chart(new Chart.Lines(
                "Distance from the fine-tuned model",
                "round",
                "nats an answer",
                List.of(training.line("kl_nats", "KL"))));
        section.chart(new Chart.Lines(
                "What the distance costs", "round", "reward a nat", List.of(training.line("kl_coefficient", "β"))));
        section.table(PretrainStage.examples("Held-out questions", known));
        section.table(PretrainStage.examples("Invented names", unknown));
    }

    TrainingPlan training(Run run) {
        ImprovePolicy.Builder improve = ImprovePolicy.newBuilder()
                .setReward(Run.REWARD)
                .setPromptsPerRound(plan.promptsPerRound())
                .setSamplesPerPrompt(plan.samplesPerPrompt())
                .setSampling(AS_TRAINED)
                .setKlCoefficient((float) plan.klCoefficient())
                .setKlTarget((float) plan.klTarget())
                .setVerifierWeight((float) plan.verifierWeight())
                .setDocumentCoefficient((float) plan.documentCoefficient())
                .setMaxStaleness(1);
        int wanted = Math.min(4000, plan.budget().steps() * plan.promptsPerRound());
        List<Question> practice = new ArrayList<>(Run.sample(
                run.world.questions().stream()
                        .filter(question -> !question.heldOut())
                        .toList(),
                wanted * 3 / 4,
                run.seed + 2));
        practice.addAll(run.unknownToPractise(run.seed + 2, Math.max(1, practice.size() / 3)));
        for (Question question : Run.sample(practice, practice.size(), run.seed + 3)) {
            improve.addPrompts(TrainingPrompt.newBuilder()
                    .addMessages(Answers.user(question.text()))
                    .setReference(question.reference()));
        }
        return plan.budget()
                .plan()
                .setModel(Run.POLICY)
                .setBase(Run.POLICY)
                .setTokenizer(Run.TOKENIZER)
                .setSeed(run.seed)
                .setImprovePolicy(improve)
                .build();
    }

    /// Mean reward of one sampled answer to each question; the same sampling seeds before and after.
    static double meanReward(Run run, String model, List<Question> questions, DoubleConsumer progress)
            throws InterruptedException {
        List<Answer> answers = run.answers.ask(
                model,
                questions.stream().map(Question::text).toList(),
                AS_TRAINED.toBuilder().setSeed(run.seed + 1).build(),
                done -> progress.accept(0.8 * done / questions.size()));
        return run.rewards.mean(Run.REWARD, answers, done -> progress.accept(0.8 + 0.2 * done / answers.size()));
    }
}
