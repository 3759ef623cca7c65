package org.millrace.trainer.kafka;

import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.trace.Tracer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.proto.events.v1.ModelPublished;
import org.millrace.proto.events.v1.TokenizerPublished;
import org.millrace.proto.events.v1.TrainReward;
import org.millrace.proto.events.v1.TrainingJob;
import org.millrace.proto.events.v1.TrainingOrigin;
import org.millrace.proto.events.v1.TrainingPlan;
import org.millrace.trainer.Example;
import org.millrace.trainer.Outcome;
import org.millrace.trainer.Plan;
import org.millrace.trainer.Trainer;
import org.millrace.trainer.TrainingFailed;
import org.millrace.trainer.Vocabulary;

/// From a job to a call of the domain: finds what the plan names, gathers the data, and lets
/// [Trainer] work.
final class Stages {

    private final Broker broker;
    private final Publisher publisher;
    private final ArtifactStore store;
    private final Models models;
    private final Trainer trainer;
    private final Clock clock;
    private final MeterRegistry meters;
    private final Tracer tracer;
    private final Settings settings;

    Stages(
            Broker broker,
            Publisher publisher,
            ArtifactStore store,
            Models models,
            Trainer trainer,
            Clock clock,
            MeterRegistry meters,
            Tracer tracer,
            Settings settings) {
        this.broker = broker;
        this.publisher = publisher;
        this.store = store;
        this.models = models;
        this.trainer = trainer;
        this.clock = clock;
        this.meters = meters;
        this.tracer = tracer;
        this.settings = settings;
    }

    /// @param scratch directory where each run has its [Workplace]
    record Settings(Path scratch, States states, Duration rankingsDeadline, Duration roundDeadline) {}

    /// Whether another attempt at a run would go on from where this one came to.
    boolean canGoOn(String runId) {
        return settings.states().has(runId);
    }

    /// Whether a run has come further since this was asked last.
    boolean cameFurther(String runId) {
        return settings.states().cameFurther(runId);
    }

    /// Forgets how far a run came: it has ended.
    void forget(String runId) {
        settings.states().forget(runId);
    }

    /// What a run that begins now starts from: of all that its plan names, what was published last.
    ///
    /// @throws TrainingFailed if the plan names what is not there, or what does not fit together
    TrainingOrigin origin(TrainingPlan asked) throws TrainingFailed {
        TrainingOrigin.Builder origin = TrainingOrigin.newBuilder();
        return switch (plan(asked)) {
            case Plan.Pretrain _ ->
                origin.setTokenizer(models.newestTokenizer(asked.getTokenizer()))
                        .build();
            case Plan.FineTune _ -> origin.setBase(base(asked)).build();
            case Plan.TrainReward _ -> origin.setBase(base(asked)).build();
            case Plan.ImprovePolicy _ -> {
                ModelPublished base = base(asked);
                yield origin.setBase(base).setReward(reward(asked, base)).build();
            }
        };
    }

    /// Works one job, whose origin is known, to its end, on the calling thread.
    ///
    /// @param people hear what the run waits for; empty: nothing any more
    /// @throws TrainingFailed if the run cannot go on
    Outcome run(TrainingJob job, BooleanSupplier cancelled, Consumer<String> people)
            throws TrainingFailed, IOException, InterruptedException {
        Plan plan = plan(job.getPlan());
        try (Workplace workplace = Workplace.open(settings.scratch())) {
            return switch (plan) {
                case Plan.Pretrain pretrain -> pretrain(job, pretrain, workplace, cancelled);
                case Plan.FineTune fineTune -> fineTune(job, fineTune, workplace, cancelled);
                case Plan.TrainReward reward -> trainReward(job, reward, workplace, cancelled);
                case Plan.ImprovePolicy improvePolicy ->
                    improvePolicy(job, improvePolicy, workplace, cancelled, people);
            };
        }
    }

    private Outcome pretrain(TrainingJob job, Plan.Pretrain plan, Workplace workplace, BooleanSupplier cancelled)
            throws TrainingFailed, IOException {
        TokenizerPublished tokenizer = job.getOrigin().getTokenizer();
        Path directory = models.fetch(tokenizer, workplace.models());
        Corpus corpus = corpus(job, tokenizer.getName(), tokenizer.getVersion());
        var start = new RunReport.Start(
                "pretrain",
                ModelPublished.Role.ROLE_POLICY,
                tokenizer.getName(),
                tokenizer.getVersion(),
                directory,
                "");
        try (RunReport report = report(job, start, workplace, cancelled)) {
            Outcome outcome = trainer.pretrain(
                    plan, Vocabulary.read(directory), corpus.documents(), corpus.validationDocuments(), report);
            report.finish(outcome);
            return outcome;
        }
    }

    private Outcome fineTune(TrainingJob job, Plan.FineTune plan, Workplace workplace, BooleanSupplier cancelled)
            throws TrainingFailed, IOException {
        ModelPublished base = job.getOrigin().getBase();
        Path directory = models.fetch(base, workplace.models());
        Corpus corpus = corpus(job, base.getTokenizer(), base.getTokenizerVersion());
        try (RunReport report = report(
                job, start("fine-tune", ModelPublished.Role.ROLE_POLICY, base, directory), workplace, cancelled)) {
            Outcome outcome = trainer.fineTune(
                    plan,
                    directory,
                    corpus.conversations(),
                    corpus.validationConversations(),
                    plan.documentWeight() > 0 ? corpus.documents() : List.of(),
                    report);
            report.finish(outcome);
            return outcome;
        }
    }

    private Outcome trainReward(TrainingJob job, Plan.TrainReward plan, Workplace workplace, BooleanSupplier cancelled)
            throws TrainingFailed, IOException {
        ModelPublished base = job.getOrigin().getBase();
        Path directory = models.fetch(base, workplace.models());
        TrainReward asked = job.getPlan().getReward();
        Optional<Rankings.Collected> collected;
        try (Rankings rankings = new Rankings(broker, publisher, fit(directory), base)) {
            collected = rankings.await(
                    asked.getMinRankings(),
                    asked.getNormaliseOn(),
                    settings.rankingsDeadline(),
                    settings.states().of(job.getRunId()).folder(),
                    cancelled);
        }
        if (collected.isEmpty()) {
            return cancelledBeforeItBegan();
        }
        try (RunReport report =
                report(job, start("reward", ModelPublished.Role.ROLE_REWARD, base, directory), workplace, cancelled)) {
            Outcome outcome = trainer.trainReward(
                    plan,
                    directory,
                    collected.get().comparisons(),
                    collected.get().reference(),
                    report);
            Outcome counted = counted(outcome, Map.of("rankings_of_other_tokenizers", (double)
                    collected.get().ofOtherTokenizers()));
            report.finish(counted);
            return counted;
        }
    }

    private Outcome improvePolicy(
            TrainingJob job,
            Plan.ImprovePolicy plan,
            Workplace workplace,
            BooleanSupplier cancelled,
            Consumer<String> people)
            throws TrainingFailed, IOException, InterruptedException {
        ModelPublished base = job.getOrigin().getBase();
        Path directory = models.fetch(base, workplace.models());
        Path rewardDirectory = models.fetch(job.getOrigin().getReward(), workplace.models());
        try (Rollouts rollouts = new Rollouts(
                        broker,
                        publisher,
                        job,
                        fit(directory),
                        settings.roundDeadline(),
                        cancelled,
                        clock,
                        people,
                        tracer);
                RunReport report = report(
                        job,
                        start("improve-policy", ModelPublished.Role.ROLE_POLICY, base, directory),
                        workplace,
                        cancelled)) {
            List<Example> documents = plan.documentCoefficient() > 0
                    ? corpus(job, base.getTokenizer(), base.getTokenizerVersion())
                            .documents()
                    : List.of();
            Outcome outcome = trainer.improvePolicy(plan, directory, rewardDirectory, documents, rollouts, report);
            Outcome counted = counted(
                    outcome,
                    Map.of(
                            "duplicate_rollouts", (double) rollouts.duplicates(),
                            "prompts_given_up", (double) rollouts.promptsGivenUp(),
                            "rollouts_of_other_rewards", (double) rollouts.ofOtherRewards()));
            report.finish(counted);
            return counted;
        }
    }

    /// An outcome with what was counted at the edge.
    private static Outcome counted(Outcome outcome, Map<String, Double> counts) {
        SortedMap<String, Double> figures = new TreeMap<>(outcome.figures());
        figures.putAll(counts);
        return new Outcome(outcome.steps(), outcome.cancelled(), figures);
    }

    /// The model a plan starts from, with the tokenizer that the plan may ask for.
    private ModelPublished base(TrainingPlan plan) throws TrainingFailed {
        ModelPublished base = models.newest("plan.base", plan.getBase(), ModelPublished.Role.ROLE_POLICY);
        if (!plan.getTokenizer().isEmpty() && !plan.getTokenizer().equals(base.getTokenizer())) {
            throw new TrainingFailed("plan.tokenizer: expected \"%s\", which the base was made with, got \"%s\""
                    .formatted(base.getTokenizer(), plan.getTokenizer()));
        }
        return base;
    }

    /// The reward model of PPO.
    private ModelPublished reward(TrainingPlan plan, ModelPublished base) throws TrainingFailed {
        ModelPublished reward = models.newest(
                "plan.improve_policy.reward", plan.getImprovePolicy().getReward(), ModelPublished.Role.ROLE_REWARD);
        if (!reward.getTokenizer().equals(base.getTokenizer())
                || reward.getTokenizerVersion() != base.getTokenizerVersion()) {
            throw new TrainingFailed("plan.improve_policy.reward: expected tokenizer %s:%d as the base has, got %s:%d"
                    .formatted(
                            base.getTokenizer(),
                            base.getTokenizerVersion(),
                            reward.getTokenizer(),
                            reward.getTokenizerVersion()));
        }
        return reward;
    }

    private static Plan plan(TrainingPlan asked) throws TrainingFailed {
        try {
            return Plans.plan(asked);
        } catch (IllegalArgumentException e) { // queued by an older trainer with other bounds
            throw new TrainingFailed(String.valueOf(e.getMessage()), e);
        }
    }

    private static RunReport.Start start(String stage, ModelPublished.Role role, ModelPublished base, Path directory) {
        return new RunReport.Start(
                stage,
                role,
                base.getTokenizer(),
                base.getTokenizerVersion(),
                directory, // a checkpoint carries its tokenizer
                base.getName() + ":" + base.getVersion());
    }

    private RunReport report(TrainingJob job, RunReport.Start start, Workplace workplace, BooleanSupplier cancelled) {
        return new RunReport(
                publisher,
                models,
                clock,
                job,
                start,
                workplace,
                settings.states().of(job.getRunId()),
                new RunGauges(meters, job.getRunId(), start.stage()),
                cancelled);
    }

    private Corpus corpus(TrainingJob job, String tokenizer, long version) throws IOException {
        return Corpus.read(
                broker,
                publisher,
                store,
                tokenizer,
                version,
                settings.states().of(job.getRunId()).folder());
    }

    private static Fit fit(Path checkpointDirectory) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(checkpointDirectory)) {
            return Fit.of(checkpoint.config());
        }
    }

    private static Outcome cancelledBeforeItBegan() {
        return new Outcome(0, true, new TreeMap<>());
    }
}
