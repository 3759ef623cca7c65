package org.millrace.cli.demo;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.millrace.cli.client.Endpoints;
import org.millrace.cli.runtime.Home;
import org.millrace.cli.runtime.Layout;
import org.millrace.cli.runtime.SystemState;
import org.millrace.cli.train.Bar;
import org.millrace.cli.train.TrainingRun;
import org.millrace.proto.events.v1.ModelPublished;
import org.millrace.proto.events.v1.TrainingPlan;
import org.millrace.world.Question;
import org.millrace.world.World;

/// PPO again and again, from the same fine-tuned model: takes a quick demo's log, publishes its second
/// model under another name, improves that with other settings, and asks all held-out questions before
/// and after. Not a test: its figures stand in `docs/log.md`.
///
/// ```text
/// ./millrace demo --quick --state DIR && ./millrace up --state DIR
/// MILLRACE_HOME=$PWD java -cp cli/target/test-classes:cli/target/cli.jar:cli/target/lib/'*' \
///     org.millrace.cli.demo.ImproveExperiment state=DIR name=trial-1 rate=0.05 documents=0.5
/// ```
///
/// With `full=` it has the rounds of the full demo, with `reward=NAME` another reward model.
final class ImproveExperiment {

    private final Map<String, String> options = new TreeMap<>();

    private ImproveExperiment(String[] args) {
        for (String arg : args) {
            String[] pair = arg.split("=", 2);
            options.put(pair[0], pair[1]);
        }
    }

    public static void main(String[] args) throws Exception {
        new ImproveExperiment(args).run();
    }

    private double option(String name, double otherwise) {
        return Double.parseDouble(options.getOrDefault(name, Double.toString(otherwise)));
    }

    private String text(String name) {
        String value = options.get(name);
        if (value == null) {
            throw new IllegalArgumentException(name + ": expected " + name + "=…, got " + options.keySet());
        }
        return value;
    }

    private void run() throws Exception {
        Home home = Home.at(Path.of(text("state")));
        Layout layout = SystemState.read(home).orElseThrow().layout();
        Path worldFolder = home.installation().resolve("examples/atlas/world");
        World world = World.read(worldFolder).limited(Plan.QUICK.entities());
        String name = text("name");
        Plan as = options.containsKey("full") ? Plan.FULL : Plan.QUICK;
        long seed = (long) option("seed", world.seed());
        try (Endpoints endpoints = new Endpoints(layout)) {
            Run run = new Run(home, layout, endpoints, world, worldFolder, Plan.QUICK, seed);
            run.log.publish(
                    List.of(fineTuned(run).toBuilder()
                            .setName(name)
                            .setVersion(1)
                            .setHighestVersion(1)
                            .build()),
                    ModelPublished::getName);
            run.answers.awaitVersion(name, 1, Duration.ofSeconds(60));
            run.rewards.awaitVersion(Run.REWARD, 1, Duration.ofSeconds(60));
            Exam exam = new Exam(run.answers, world, name);
            List<Question> practised = Run.sample(
                    world.questions().stream()
                            .filter(question -> !question.heldOut())
                            .toList(),
                    200,
                    seed);
            List<Question> prompts = new ArrayList<>(run.heldOut);
            prompts.addAll(run.unknown);
            Exam.Result before = exam.ask(run.heldOut, share -> {});
            double rewardBefore = ImproveStage.meanReward(run, name, prompts, share -> {});

            TrainingPlan plan = plan(as, run, name);
            TrainingRun training;
            try (Bar bar = new Bar(name, share -> "")) {
                training = run.train(name, plan, bar, 0, 1);
            }
            run.answers.awaitVersion(name, 2 + training.steps(), Duration.ofSeconds(60));

            Exam.Result after = exam.ask(run.heldOut, share -> {});
            System.out.printf(
                    Locale.ROOT,
                    "%s: held-out %.4f → %.4f (right %d, wrong %d), refused %.3f → %.3f, practised %.3f, reward %.4f → %.4f,"
                            + " kl %.3f, %d rounds%n",
                    options,
                    before.rightShare(),
                    after.rightShare(),
                    after.rightBeside(before),
                    before.rightBeside(after),
                    before.refusedShare(),
                    after.refusedShare(),
                    exam.ask(practised, share -> {}).rightShare(),
                    rewardBefore,
                    ImproveStage.meanReward(run, name, prompts, share -> {}),
                    training.last("kl_nats"),
                    training.steps());
            for (String figure : List.of(
                    "kl_nats",
                    "kl_coefficient",
                    "approximate_kl_nats",
                    "actor_steps",
                    "advantage_deviation",
                    "reward_mean",
                    "explained_variance",
                    "update_seconds")) {
                System.out.println(
                        "  " + figure + " " + training.line(figure, figure).y());
            }
        }
    }

    private TrainingPlan plan(Plan as, Run run, String name) {
        TrainingPlan plan = new ImproveStage(as.improve()).training(run);
        return plan.toBuilder()
                .setModel(name)
                .setBase(name)
                .setMaxSeconds(0)
                .setMaxSteps((long) option("rounds", plan.getMaxSteps()))
                .setImprovePolicy(plan.getImprovePolicy().toBuilder()
                        .setLearningRateScale((float) option("rate", 0))
                        .setReward(options.getOrDefault(
                                "reward", plan.getImprovePolicy().getReward()))
                        .setKlCoefficient(
                                (float) option("beta", plan.getImprovePolicy().getKlCoefficient()))
                        .setKlTarget(
                                (float) option("target", plan.getImprovePolicy().getKlTarget()))
                        .setVerifierWeight((float)
                                option("verifier", plan.getImprovePolicy().getVerifierWeight()))
                        .setDocumentCoefficient((float)
                                option("documents", plan.getImprovePolicy().getDocumentCoefficient())))
                .build();
    }

    private static ModelPublished fineTuned(Run run) {
        try (var models = run.log.follow(ModelPublished.class)) {
            long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
            while (System.nanoTime() < end) {
                for (ModelPublished model : models.next(Duration.ofMillis(200))) {
                    if (model.getName().equals(Run.POLICY) && model.getVersion() == 2) {
                        return model;
                    }
                }
            }
        }
        throw new IllegalStateException("the log has no " + Run.POLICY + ":2 any more, or never had");
    }
}
