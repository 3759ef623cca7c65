package org.millrace.cli.demo;

import java.time.Duration;
import java.util.List;
import org.millrace.cli.report.Chart;
import org.millrace.cli.train.Bar;
import org.millrace.cli.train.TrainingRun;
import org.millrace.proto.events.v1.TrainReward;

/// Trains the reward model on the rankings.
record RewardStage(Plan.RewardModel plan) implements Stage {

    @Override
    public String title() {
        return "Train the reward model";
    }

    @Override
    public Duration planned() {
        return plan.budget().expected().plusSeconds(3);
    }

    @Override
    public void run(Run run, Bar bar) throws InterruptedException {
        TrainingRun training = run.train(
                "demo-reward",
                plan.budget()
                        .plan()
                        .setModel(Run.REWARD)
                        .setBase(Run.POLICY)
                        .setTokenizer(Run.TOKENIZER)
                        .setSeed(run.seed)
                        .setReward(TrainReward.newBuilder().setMinRankings((long) run.figures.number("rankings")))
                        .build(),
                bar,
                0,
                1);
        double accuracy = training.last("held_out_accuracy");
        double length = training.last("held_out_length_baseline");
        run.figures.put("reward_accuracy", accuracy);
        run.figures.put("reward_length_baseline", length);
        Findings section = run.section();
        section.row(
                "pairs ordered right, held-out prompts",
                Run.percent(length) + " (longer answer wins)",
                Run.percent(accuracy));
        section.row("Kendall's τ, held-out prompts", "", "%.3f".formatted(training.last("held_out_kendall_tau")));
        section.chart(new Chart.Lines("Loss", "step", "nats a pair", List.of(training.line("loss_nats", "training"))));
    }
}
