package org.millrace.cli.demo;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.millrace.cli.Failure;
import org.millrace.cli.client.Answers;
import org.millrace.cli.train.Bar;
import org.millrace.proto.events.v1.ComparisonRequested;
import org.millrace.proto.events.v1.PromptSubmitted;
import org.millrace.proto.events.v1.RankingSubmitted;
import org.millrace.proto.events.v1.Sampling;
import org.millrace.world.Question;

/// Lets the rollout workers draw candidates, and an outside process that only speaks Kafka rank them.
record RankStage(Plan.Rank plan) implements Stage {

    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final Sampling DIVERSE =
            Sampling.newBuilder().setTemperature(1.2f).setMaxTokens(32).build();

    @Override
    public String title() {
        return "Rank candidates";
    }

    @Override
    public Duration planned() {
        return Duration.ofSeconds(18);
    }

    @Override
    public void run(Run run, Bar bar) throws InterruptedException, IOException {
        List<PromptSubmitted> prompts = prompts(run, plan);
        Process rankers = startRankers(run);
        Thread stop = Thread.ofPlatform().unstarted(rankers::destroy);
        Runtime.getRuntime().addShutdownHook(stop);
        try {
            run.log.publish(prompts, PromptSubmitted::getPromptId);
            await(run, bar, prompts.size(), rankers);
        } finally {
            forget(stop);
            rankers.destroy();
            if (!rankers.waitFor(10, TimeUnit.SECONDS)) {
                rankers.destroyForcibly();
            }
        }
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The JVM is going down already: the hook is running, or has run.
        }
    }

    private static List<PromptSubmitted> prompts(Run run, Plan.Rank plan) {
        int known = plan.comparisons() * 3 / 4;
        List<Question> questions = new ArrayList<>(Run.sample(
                run.world.questions().stream()
                        .filter(question -> !question.heldOut())
                        .toList(),
                known,
                run.seed + 1));
        questions.addAll(run.unknownToPractise(run.seed + 1, plan.comparisons() - questions.size()));
        List<PromptSubmitted> prompts = new ArrayList<>();
        for (Question question : questions) {
            prompts.add(PromptSubmitted.newBuilder()
                    .setPromptId("demo-compare-" + prompts.size())
                    .setUse(PromptSubmitted.Use.USE_COMPARE)
                    .addMessages(Answers.user(question.text()))
                    .setSamples(plan.candidates())
                    .setSampling(DIVERSE)
                    .setPolicy(Run.POLICY)
                    .setReference(question.reference())
                    .setPurpose("train")
                    .build());
        }
        return prompts;
    }

    private static Process startRankers(Run run) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx96m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                "org.millrace.world.rankers.Rankers",
                "--world",
                run.worldFolder.toString(),
                "--bootstrap",
                run.layout.bootstrapServers(),
                "--idle",
                "120",
                "--seed",
                Long.toString(run.seed));
        if (run.plan.entities() > 0) { // else the whole world, as the demo has it
            builder.command().addAll(List.of("--limit", Integer.toString(run.plan.entities())));
        }
        Process process = builder.redirectErrorStream(true)
                .redirectOutput(run.home.log("rankers").toFile())
                .start();
        process.getOutputStream().close();
        return process;
    }

    /// Done when each prompt has either become a comparison that three raters ranked, or has been
    /// answered with one and the same text by every sample, so that there is nothing to compare.
    private static void await(Run run, Bar bar, int prompts, Process rankers) throws InterruptedException {
        Set<String> compared = new HashSet<>();
        Set<String> rankings = new HashSet<>();
        Set<String> ranked = new HashSet<>();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        long quietSince = System.nanoTime();
        try (var comparisons = run.log.follow(ComparisonRequested.class);
                var events = run.log.follow(RankingSubmitted.class)) {
            while (true) {
                int before = compared.size() + rankings.size();
                comparisons.next(Duration.ofMillis(100)).forEach(comparison -> compared.add(comparison.getPromptId()));
                for (RankingSubmitted ranking : events.next(Duration.ofMillis(100))) {
                    rankings.add(ranking.getRankingId());
                    ranked.add(ranking.getPromptId());
                }
                long now = System.nanoTime();
                if (compared.size() + rankings.size() > before) {
                    quietSince = now;
                }
                bar.say("%d of %d compared, %d rankings".formatted(compared.size(), prompts, rankings.size()));
                bar.to(0.5 * compared.size() / prompts + 0.5 * ranked.size() / prompts);
                boolean settled = now - quietSince > Duration.ofSeconds(4).toNanos();
                if (settled && !compared.isEmpty() && ranked.containsAll(compared)) {
                    break;
                }
                if (!rankers.isAlive()) {
                    throw new Failure("The rankers ended early; their log is %s.".formatted(run.home.log("rankers")));
                }
                if (now > deadline) {
                    throw new Failure("Only %d of %d comparisons are ranked after %d minutes; see %s."
                            .formatted(ranked.size(), compared.size(), PATIENCE.toMinutes(), run.home.log("rankers")));
                }
            }
        }
        run.figures.put("comparisons", (long) compared.size());
        run.figures.put("rankings", (long) rankings.size());
        Findings section = run.section();
        section.row("prompts with candidates that differ", "0", "%d of %d".formatted(compared.size(), prompts));
        section.row("rankings", "0", Integer.toString(rankings.size()));
        section.note(
                "The rankers are a process of their own: they read candidates from the log and write JSON events back.");
    }
}
