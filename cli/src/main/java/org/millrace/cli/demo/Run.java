package org.millrace.cli.demo;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.millrace.cli.Failure;
import org.millrace.cli.client.Answers;
import org.millrace.cli.client.Endpoints;
import org.millrace.cli.client.Rewards;
import org.millrace.cli.report.Section;
import org.millrace.cli.runtime.Home;
import org.millrace.cli.runtime.Layout;
import org.millrace.cli.train.Bar;
import org.millrace.cli.train.Trainer;
import org.millrace.cli.train.TrainingRun;
import org.millrace.proto.events.v1.TrainingJob;
import org.millrace.proto.events.v1.TrainingPlan;
import org.millrace.world.Question;
import org.millrace.world.World;

/// What the stages of one demo share: the running system, the world, and what was found out so far.
final class Run {

    /// Names of the models and the tokenizer on the log.
    static final String POLICY = "demo";

    static final String REWARD = "demo-reward";

    static final String TOKENIZER = "demo";

    private static final int UNKNOWN_QUESTIONS = 200;

    private static final Duration LONGEST_TRAINING = Duration.ofMinutes(30);

    final Home home;
    final Layout layout;
    final Endpoints endpoints;
    final Answers answers;
    final Rewards rewards;
    final EventLog log;
    final World world;
    final java.nio.file.Path worldFolder;
    final Plan plan;
    final long seed;
    final Figures figures = new Figures();
    final List<Section> sections = new ArrayList<>();
    final Exam exam;

    /// Held-out questions of the exams: their entities are in the corpus, and no fine-tuning
    /// conversation ever asks about them.
    final List<Question> heldOut;

    /// Questions about names that nobody has heard of.
    final List<Question> unknown;

    /// The base model's and the fine-tuned model's answers to [#heldOut] and to [#unknown], once there
    /// are any.
    Exam.Result base = Exam.Result.NONE;

    Exam.Result baseUnknown = Exam.Result.NONE;
    Exam.Result fineTuned = Exam.Result.NONE;

    /// Answers to [#heldOut] of the model that was fine-tuned without refusals, where the demo makes one.
    Exam.Result withoutRefusals = Exam.Result.NONE;

    private Findings section = new Findings("");

    Run(
            Home home,
            Layout layout,
            Endpoints endpoints,
            World world,
            java.nio.file.Path worldFolder,
            Plan plan,
            long seed) {
        this.home = home;
        this.layout = layout;
        this.endpoints = endpoints;
        this.answers = new Answers(endpoints);
        this.rewards = new Rewards(endpoints);
        this.log = new EventLog(layout.bootstrapServers());
        this.world = world;
        this.worldFolder = worldFolder;
        this.plan = plan;
        this.seed = seed;
        this.exam = new Exam(answers, world, POLICY);
        this.heldOut =
                sample(world.questions().stream().filter(Question::heldOut).toList(), plan.examQuestions(), seed);
        this.unknown = world.unknownQuestions(seed, UNKNOWN_QUESTIONS);
    }

    /// Questions about invented names to practise on: others than those of the exams.
    List<Question> unknownToPractise(long drawSeed, int count) {
        Set<String> examined = unknown.stream().map(Question::entity).collect(Collectors.toSet());
        return world.unknownQuestions(drawSeed, count + examined.size()).stream()
                .filter(question -> !examined.contains(question.entity()))
                .limit(count)
                .toList();
    }

    /// The part of the report that the running stage writes.
    Findings section() {
        return section;
    }

    void begin(String title) {
        section = new Findings(title);
    }

    void end(double seconds) {
        sections.add(section.done(seconds));
    }

    /// Trains a model and waits for it; a run that does not succeed ends the demo.
    ///
    /// @param from share of the bar where it begins
    /// @param to share of the bar where it ends
    TrainingRun train(String runId, TrainingPlan trained, Bar bar, double from, double to) throws InterruptedException {
        TrainingRun training = new TrainingRun(runId);
        Trainer trainer = new Trainer(endpoints);
        trainer.submit(runId, trained);
        TrainingJob job = trainer.follow(runId, LONGEST_TRAINING, update -> {
            if (update.hasMetrics()) {
                training.add(update.getMetrics());
                bar.say(training.headline());
                bar.to(from + (to - from) * update.getMetrics().getProgress());
            }
        });
        if (job.getState() != TrainingJob.State.STATE_SUCCEEDED) {
            throw new Failure("The run %s ended as %s: %s".formatted(runId, job.getState(), job.getDetail()));
        }
        return training;
    }

    static <T> List<T> sample(List<T> all, int most, long seed) {
        List<T> shuffled = new ArrayList<>(all);
        java.util.Collections.shuffle(shuffled, new java.util.Random(seed));
        return List.copyOf(shuffled.subList(0, Math.min(most, shuffled.size())));
    }

    static String percent(double share) {
        return "%.1f %%".formatted(100 * share);
    }
}
