package org.millrace.cli.demo;

import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.millrace.cli.Failure;
import org.millrace.cli.client.Answers;
import org.millrace.cli.client.Endpoints;
import org.millrace.cli.runtime.Health;
import org.millrace.cli.runtime.Home;
import org.millrace.cli.runtime.Layout;
import org.millrace.cli.runtime.Supervisor;
import org.millrace.cli.runtime.SystemState;
import org.millrace.cli.train.Bar;
import org.millrace.proto.events.v1.Sampling;
import org.millrace.world.Question;
import org.millrace.world.Site;
import org.millrace.world.SiteServer;
import org.millrace.world.World;

/// The whole mill, once: serves a web site rendered from a world's facts, starts the system, and takes
/// the pages through every stage to a model that PPO has improved. Ends with a report and one line of JSON.
///
/// Everything goes the way it goes in production: over the log and over gRPC. The demo only submits,
/// watches and asks.
public final class Demo {

    private final Home home;
    private final Path worldFolder;
    private final boolean quick;
    private final boolean ablateRefusals;
    private final long seed;
    private final List<URI> seeds;

    /// @param ablateRefusals fine-tunes without refusals too
    /// @param seeds sites to crawl instead of the one rendered from the world; empty: the rendered one
    public Demo(Home home, Path worldFolder, boolean quick, boolean ablateRefusals, long seed, List<URI> seeds) {
        this.home = home;
        this.worldFolder = worldFolder;
        this.quick = quick;
        this.ablateRefusals = ablateRefusals;
        this.seed = seed;
        this.seeds = List.copyOf(seeds);
    }

    /// What to do with the running system when the stages are done.
    public interface Ending {
        void with(Layout layout) throws Exception;
    }

    /// Runs every stage. The system is stopped when this returns, however it returns.
    public void run(Ending ending) throws Exception {
        long started = System.nanoTime();
        Plan plan = quick ? Plan.QUICK : Plan.FULL;
        World world = World.read(worldFolder);
        if (plan.entities() > 0) {
            world = world.limited(plan.entities());
        }
        empty(home);
        Layout layout = Layout.free();
        Supervisor system = new Supervisor(home, layout, settings(), Demo::say);
        AtomicBoolean stopped = new AtomicBoolean();
        Thread stop = Thread.ofPlatform().unstarted(() -> {
            stopped.set(true);
            system.close();
            System.out.println("Stopped; nothing is left running.");
        });
        Runtime.getRuntime().addShutdownHook(stop);
        try (SiteServer site = SiteServer.start(Site.render(world, seed), 0)) {
            say("Starting the system; state and logs are in " + home.state());
            system.start();
            try (Endpoints endpoints = new Endpoints(layout)) {
                List<URI> sources = seeds.isEmpty() ? List.of(site.root()) : seeds;
                Run run = new Run(home, layout, endpoints, world, worldFolder, plan, seed);
                runStages(run, stages(plan, sources, seeds.isEmpty() ? site.pages() : 0));
                run.figures.put("plan", plan.name());
                run.figures.put("seconds", (System.nanoTime() - started) / 1e9);
                Path report = DemoReport.write(run);
                chat(run);
                System.out.println(DemoReport.text(run));
                System.out.println("Report: " + report);
                System.out.println(run.figures.json());
                ending.with(layout);
            }
        } catch (StatusRuntimeException e) {
            if (stopped.get()) {
                throw new InterruptedException("stopped by the user");
            }
            throw new Failure(
                    "A service did not answer as it should (%s); the logs are in %s."
                            .formatted(e.getStatus(), home.log("x").getParent()),
                    e);
        } catch (RuntimeException e) {
            if (stopped.get()) {
                throw new InterruptedException("stopped by the user");
            }
            throw e;
        } finally {
            system.close();
            try {
                Runtime.getRuntime().removeShutdownHook(stop);
            } catch (IllegalStateException e) {
                // The JVM is going down already: the hook is running, or has run.
            }
        }
    }

    /// The site is on loopback and ours: the crawler may go there, and fast. Real sites keep the defaults.
    private Map<String, String> settings() {
        return seeds.isEmpty()
                ? Map.of("MILLRACE_CRAWLER_ALLOW_PRIVATE", "true", "MILLRACE_CRAWLER_DELAY", "PT0.005S")
                : Map.of();
    }

    private List<Stage> stages(Plan plan, List<URI> sources, int expectedPages) {
        FineTuneStage fineTune = new FineTuneStage(plan.fineTune());
        List<Stage> stages = new ArrayList<>(List.of(
                new CrawlStage(sources, expectedPages),
                new CleanStage(),
                new TokenizeStage(),
                new PretrainStage(plan.pretrain())));
        if (ablateRefusals) {
            stages.add(new WithoutRefusalsStage(fineTune));
        }
        stages.addAll(List.of(
                fineTune,
                new RankStage(plan.rank()),
                new RewardStage(plan.rewardModel()),
                new ImproveStage(plan.improve())));
        return stages;
    }

    private static void runStages(Run run, List<Stage> stages) throws Exception {
        long resident = 0;
        for (int i = 0; i < stages.size(); i++) {
            Stage stage = stages.get(i);
            Duration after = stages.subList(i + 1, stages.size()).stream()
                    .map(Stage::planned)
                    .reduce(Duration.ZERO, Duration::plus);
            String title = "%d/%d %s".formatted(i + 1, stages.size(), stage.title());
            long started = System.nanoTime();
            run.begin(stage.title());
            try (Bar bar = new Bar("%-28s".formatted(title), share -> left(stage.planned(), after, share))) {
                stage.run(run, bar);
                bar.to(1);
            }
            run.end((System.nanoTime() - started) / 1e9);
            resident = Math.max(resident, residentMib(run.home));
        }
        run.figures.put("resident_mib_without_trainer", resident);
    }

    /// @param after what the stages after this one are planned to take together
    private static String left(Duration planned, Duration after, double share) {
        long minutes = after.plusMillis((long) (planned.toMillis() * (1 - share)))
                .plusSeconds(30)
                .toMinutes();
        return minutes < 1 ? "demo < 1 min left" : "demo ~" + minutes + " min left";
    }

    /// What everything but the trainer holds in memory now.
    private static long residentMib(Home home) throws IOException {
        return SystemState.read(home).stream()
                .flatMap(now -> now.processes().stream())
                .filter(process -> !process.name().equals("trainer"))
                .mapToLong(process -> process.handle().isPresent() ? Health.residentMib(process.pid()) : 0)
                .sum();
    }

    /// A few questions and the improved model's answers, as a user would see them.
    private static void chat(Run run) throws InterruptedException {
        System.out.println();
        Sampling greedy =
                Sampling.newBuilder().setTemperature(0).setMaxTokens(32).build();
        List<Question> questions = Stream.concat(
                        Run.sample(run.heldOut, 4, run.seed).stream(), Run.sample(run.unknown, 2, run.seed).stream())
                .toList();
        for (Question question : questions) {
            Answers.Answer answer =
                    run.answers.whole(Answers.conversation(Run.POLICY, List.of(Answers.user(question.text())), greedy));
            System.out.printf(Locale.ROOT, "you:   %s%nmodel: %s%n", question.text(), answer.text());
        }
        System.out.println();
    }

    private static void empty(Home home) throws IOException {
        Path folder = home.state();
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(folder);
            return;
        }
        home.requireOurs();
        if (Files.exists(folder.resolve("system.json"))) {
            throw new Failure(
                    "A demo is running in %s, or was killed there; stop what is left with ./millrace down --state %s."
                            .formatted(folder, folder));
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder())
                    .filter(path -> !path.equals(folder))
                    .toList()) {
                Files.delete(file);
            }
        }
    }

    private static void say(String line) {
        System.out.println(line);
    }
}
