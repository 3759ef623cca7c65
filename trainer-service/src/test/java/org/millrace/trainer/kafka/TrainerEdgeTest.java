package org.millrace.trainer.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.util.JsonFormat;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.bpe.SpecialToken;
import org.millrace.bpe.Tokenizer;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.events.DeadLetters;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.Artifact;
import org.millrace.proto.events.v1.Candidate;
import org.millrace.proto.events.v1.ComparisonRequested;
import org.millrace.proto.events.v1.FineTune;
import org.millrace.proto.events.v1.ImprovePolicy;
import org.millrace.proto.events.v1.Message;
import org.millrace.proto.events.v1.MetricsReported;
import org.millrace.proto.events.v1.ModelPublished;
import org.millrace.proto.events.v1.Pretrain;
import org.millrace.proto.events.v1.PromptSubmitted;
import org.millrace.proto.events.v1.RankingSubmitted;
import org.millrace.proto.events.v1.RewardScored;
import org.millrace.proto.events.v1.RolloutCompleted;
import org.millrace.proto.events.v1.ShardWritten;
import org.millrace.proto.events.v1.TieGroup;
import org.millrace.proto.events.v1.TrainReward;
import org.millrace.proto.events.v1.TrainingJob;
import org.millrace.proto.events.v1.TrainingJob.State;
import org.millrace.proto.events.v1.TrainingPlan;
import org.millrace.proto.events.v1.TrainingPrompt;
import org.millrace.proto.trainer.v1.WatchResponse;
import org.millrace.shards.Sequence;
import org.millrace.testkit.BrokerExtension;
import org.millrace.trainer.Trajectory;
import org.millrace.trainer.Vocabulary;

/// The whole edge on a real broker, with a trainer that learns nothing.
@Timeout(60)
class TrainerEdgeTest {

    @RegisterExtension
    final BrokerExtension kafka = new BrokerExtension();

    @TempDir
    Path scratch;

    private final FakeTrainer trainer = new FakeTrainer();
    private final List<TrainerProcess> running = new CopyOnWriteArrayList<>();
    private Mill mill;

    @BeforeEach
    void open() throws Exception {
        mill = new Mill(
                kafka.bootstrapServers(),
                ArtifactStore.open(scratch.resolve("artifacts").toUri(), scratch.resolve("cache")),
                scratch);
    }

    @AfterEach
    void close() throws Exception {
        for (TrainerProcess process : running) {
            process.stop();
        }
        mill.close();
    }

    @Test
    void pretrainingReadsEachGoodShardOnceAndPublishesAModel() throws Exception {
        Tokenizer tokenizer = mill.tokenizer("words", 1);
        List<Sequence> documents = Mill.documents(tokenizer, 6);
        ShardWritten train =
                mill.shard("words", ShardWritten.Kind.KIND_DOCUMENTS, ShardWritten.Split.SPLIT_TRAIN, "", documents);
        mill.send(train.getShardId(), train); // announced twice
        mill.shard(
                "words",
                ShardWritten.Kind.KIND_DOCUMENTS,
                ShardWritten.Split.SPLIT_VALIDATION,
                "",
                documents.subList(0, 1));
        ShardWritten missing = train.toBuilder()
                .setShardId("0".repeat(64))
                .setFile(Artifact.newBuilder().setSha256("0".repeat(64)).setLength(5))
                .build();
        mill.send("missing", missing);
        mill.send(
                "other tokenizer", missing.toBuilder().setTokenizer("syllables").build());
        mill.send(new ProducerRecord<>(Events.topicName(ShardWritten.class), "unreadable", new byte[] {1, 2}));
        TrainerProcess process = start();
        SortedMap<String, Double> gauges = new ConcurrentSkipListMap<>();
        trainer.published = () -> process.meters
                .getMeters()
                .forEach(meter -> gauges.put(
                        meter.getId().getName() + meter.getId().getTags(),
                        meter.measure().iterator().next().getValue()));

        process.jobs.submit("run-1", pretrain(3));
        List<WatchResponse> watched = process.watch("run-1");
        assertThat(process.meters.getMeters()).isEmpty();
        assertThat(gauges)
                .isEqualTo(Map.of(
                        "millrace_training_loss_nats[tag(run=run-1), tag(stage=pretrain)]",
                        1.0 / 3,
                        "millrace_training_progress[tag(run=run-1), tag(stage=pretrain)]",
                        1.0));
        process.jobs.submit("run-2", pretrain(1));
        process.watch("run-2");

        String call = "pretrain "
                + new Vocabulary(
                        tokenizer.vocabularySize(),
                        tokenizer.id(SpecialToken.BOS),
                        tokenizer.id(SpecialToken.ASSISTANT_END));
        assertThat(trainer.calls).containsExactly(call, call);
        assertThat(trainer.documents).hasSize(12); // six for each run
        assertThat(watched.getLast().getJob().getState()).isEqualTo(State.STATE_SUCCEEDED);
        assertThat(watched)
                .filteredOn(WatchResponse::hasMetrics)
                .extracting(response -> response.getMetrics().getStep())
                .containsExactly(1L, 2L, 3L, 3L);
        assertThat(watched).filteredOn(WatchResponse::hasMetrics).last().satisfies(last -> assertThat(
                        last.getMetrics().getValuesMap())
                .containsEntry("bits_per_byte", 1.5));
        List<ModelPublished> models = mill.read(ModelPublished.class);
        assertThat(models).extracting(ModelPublished::getVersion).containsExactly(1L, 2L);
        assertThat(models.getFirst())
                .usingRecursiveComparison()
                .comparingOnlyFields("name_", "stage_", "runId_", "tokenizer_", "tokenizerVersion_", "step_", "role_")
                .isEqualTo(ModelPublished.newBuilder()
                        .setName("policy")
                        .setRole(ModelPublished.Role.ROLE_POLICY)
                        .setStage("pretrain")
                        .setRunId("run-1")
                        .setStep(3)
                        .setTokenizer("words")
                        .setTokenizerVersion(1)
                        .build());
        try (Publisher reader = mill.publisher("reader");
                Models registry = new Models(mill.broker, reader, mill.store, Mill.CLOCK);
                Checkpoint checkpoint = Checkpoint.open(registry.fetch(models.getFirst(), scratch.resolve("m")))) {
            assertThat(checkpoint.provenance()).containsEntry("run", "run-1").containsEntry("tokenizer", "words:1");
        }
        // Both runs met the bad records; each has one letter.
        assertThat(mill.deadLetterReasons(ShardWritten.class))
                .hasSize(2)
                .anyMatch(reason -> reason.startsWith("file: artifact 000"))
                .anyMatch(reason -> reason.startsWith("value: 2 bytes"));
    }

    @Test
    void aRestartedTrainerFinishesTheQueueAndTellsTheWholeStory() throws Exception {
        Tokenizer tokenizer = mill.tokenizer("words", 1);
        mill.shard(
                "words",
                ShardWritten.Kind.KIND_DOCUMENTS,
                ShardWritten.Split.SPLIT_TRAIN,
                "",
                Mill.documents(tokenizer, 2));
        trainer.stuck = true;
        TrainerProcess first = start();
        first.jobs.submit("run-a", pretrain(2));
        first.jobs.submit("run-b", pretrain(2));
        await().until(() -> trainer.calls.size() == 1);

        TrainerProcess second = start(); // takes over, as after a kill: the first can publish nothing any more
        await().until(() -> trainer.calls.size() == 2);
        trainer.stuck = false;
        List<WatchResponse> a = second.watch("run-a");
        List<WatchResponse> b = second.watch("run-b");

        assertThat(a.getLast().getJob().getState()).isEqualTo(State.STATE_SUCCEEDED);
        assertThat(a.getLast().getJob().getAttempts()).isEqualTo(2);
        assertThat(b.getLast().getJob().getState()).isEqualTo(State.STATE_SUCCEEDED);
        assertThat(b.getLast().getJob().getAttempts()).isEqualTo(1);
        assertThatThrownBy(() -> first.jobs.submit("late", pretrain(1))).isInstanceOf(KafkaException.class);
        second.stop();

        TrainerProcess third = start();
        assertThat(steps(third.watch("run-b"))).isEqualTo(steps(b)).containsExactly(1L, 2L, 2L);
        assertThat(mill.read(MetricsReported.class))
                .filteredOn(metrics -> metrics.getRunId().equals("run-b"))
                .hasSize(3);
    }

    private void foundRunningForTheFourthTime(String run) throws Exception {
        mill.send(
                run,
                TrainingJob.newBuilder()
                        .setRunId(run)
                        .setPlan(pretrain(1))
                        .setState(State.STATE_RUNNING)
                        .setAttempts(3)
                        .setSubmittedAtMs(1)
                        .build());
    }

    @Test
    void aRunThatEndsItsTrainerThreeTimesHasFailed() throws Exception {
        foundRunningForTheFourthTime("run-x");

        List<WatchResponse> watched = start().watch("run-x");

        assertThat(watched.getLast().getJob().getState()).isEqualTo(State.STATE_FAILED);
        assertThat(watched.getLast().getJob().getDetail()).contains("ended 3 times");
        assertThat(trainer.calls).isEmpty();
    }

    /// A machine that is taken away every hour: each attempt leaves more than it found.
    @Test
    void anAttemptThatCameFurtherDoesNotCount() throws Exception {
        Tokenizer tokenizer = mill.tokenizer("words", 1);
        mill.shard(
                "words",
                ShardWritten.Kind.KIND_DOCUMENTS,
                ShardWritten.Split.SPLIT_TRAIN,
                "",
                Mill.documents(tokenizer, 2));
        Path state = Files.createDirectories(scratch.resolve("states/run-x"));
        Files.writeString(state.resolve("000000000007.state"), "of the third attempt");
        Files.writeString(state.resolve("attempted"), "000000000005.state");
        foundRunningForTheFourthTime("run-x");

        TrainingJob job = start().watch("run-x").getLast().getJob();

        assertThat(job.getState()).isEqualTo(State.STATE_SUCCEEDED);
        assertThat(job.getAttempts()).isEqualTo(1);
    }

    @Test
    void submittingIsIdempotentAndBounded() throws Exception {
        TrainerProcess process = start();
        trainer.stuck = true;
        TrainingJob job = process.jobs.submit("run-1", pretrain(1));

        assertThat(process.jobs.submit("run-1", pretrain(1)).getSubmittedAtMs()).isEqualTo(job.getSubmittedAtMs());
        assertThatThrownBy(() -> process.jobs.submit("run-1", pretrain(2)))
                .isInstanceOf(Jobs.Conflict.class)
                .hasMessage("run_id: \"run-1\" exists with another plan");
        List<WatchResponse> watched = process.watch("run-1");
        assertThat(watched.getLast().getJob().getState()).isEqualTo(State.STATE_FAILED);
        assertThat(watched.getLast().getJob().getDetail()).contains("nothing is published as \"words\"");
    }

    @Test
    void waitingAndRunningRunsCanBeCancelled() throws Exception {
        Tokenizer tokenizer = mill.tokenizer("words", 1);
        mill.shard(
                "words",
                ShardWritten.Kind.KIND_DOCUMENTS,
                ShardWritten.Split.SPLIT_TRAIN,
                "",
                Mill.documents(tokenizer, 2));
        trainer.stuck = true;
        TrainerProcess process = start();
        process.jobs.submit("runs", pretrain(5));
        process.jobs.submit("waits", pretrain(5));
        await().until(() -> trainer.calls.size() == 1);
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 6; i++) {
                        process.jobs.submit("more-" + i, pretrain(5));
                    }
                })
                .isInstanceOf(Jobs.QueueFull.class)
                .hasMessageContaining("6 runs wait already");

        process.jobs.cancel("waits");
        process.jobs.cancel("runs");

        assertThat(process.watch("runs").getLast().getJob().getState()).isEqualTo(State.STATE_CANCELLED);
        assertThat(process.watch("waits").getLast().getJob().getState()).isEqualTo(State.STATE_CANCELLED);
        await().until(() -> trainer.calls.size() == 2); // more-0 has its turn, waits had not
        assertThat(process.jobs.cancel("unknown")).isEmpty();
        assertThat(mill.read(ModelPublished.class)).isEmpty();
    }

    @Test
    void rewardTrainingJoinsEachRankingOnceWithWhatWasRanked() throws Exception {
        mill.model("base", ModelPublished.Role.ROLE_POLICY, mill.tokenizer("words", 1));
        mill.send("p1", request("p1", "train"));
        mill.send("p2", request("p2", "held-out"));
        RankingSubmitted first = ranking("r1", "p1", List.of("p1-b"), List.of("p1-a", "p1-c")).toBuilder()
                .setSupersedes("r0")
                .build();
        mill.send("p1", first);
        mill.send("p1", first); // a tool that tries again
        mill.send("p1", ranking("r0", "p1", List.of("p1-a", "p1-b", "p1-c"))); // as from another partition
        mill.send("p1", ranking("r-unknown", "p9", List.of("p9-a")));
        mill.send("p1", ranking("r-foreign", "p1", List.of("p1-a"), List.of("p1-b"), List.of("zzz")));
        mill.send("p1", ranking("r-short", "p1", List.of("p1-a"), List.of("p1-b")));
        mill.send("p1", ranking("", "p1", List.of("p1-a", "p1-b", "p1-c")));
        TrainerProcess process = start();
        process.jobs.submit("run-r", reward(3));
        await().until(() -> mill.deadLetterReasons(RankingSubmitted.class).size() == 4);
        assertThat(trainer.calls).isEmpty(); // one of three is there

        json("p2", ranking("r2", "p2", List.of("p2-a"), List.of("p2-b"), List.of("p2-c")));
        mill.send(
                "p2",
                RankingSubmitted.newBuilder()
                        .setRankingId("r3")
                        .setPromptId("p2")
                        .setNotRankable(true)
                        .build());
        List<WatchResponse> watched = process.watch("run-r");

        assertThat(watched.getLast().getJob().getState()).isEqualTo(State.STATE_SUCCEEDED);
        assertThat(trainer.calls).containsExactly("trainReward 2 3"); // r3 orders nothing; p2's candidates normalise
        assertThat(trainer.comparisons.getFirst().pairs()).hasSize(2);
        assertThat(trainer.comparisons.getFirst().ranking().getFirst()).containsExactly(1);
        assertThat(mill.read(ModelPublished.class))
                .filteredOn(model -> model.getName().equals("policy"))
                .extracting(ModelPublished::getRole, ModelPublished::getStage)
                .containsExactly(org.assertj.core.groups.Tuple.tuple(ModelPublished.Role.ROLE_REWARD, "reward"));
        assertThat(mill.deadLetterReasons(RankingSubmitted.class))
                .containsExactlyInAnyOrder(
                        "prompt_id: expected one that was asked for, got another",
                        "ranking: expected candidates of the request, got another",
                        "ranking: expected each of 3 candidates once, got 2 of them in 2 places",
                        "ranking_id: expected 1 to 128 characters, got 0");
    }

    /// Their ids are all below the vocabulary's size: nothing else tells them apart.
    @Test
    void comparisonsInTheIdsOfAnotherTokenizerAreLeftOut() throws Exception {
        mill.model("base", ModelPublished.Role.ROLE_POLICY, mill.tokenizer("words", 1));
        compared("old", "", 0);
        compared("ours", "words", 1);
        compared("newer", "words", 2);
        compared("foreign", "syllables", 1);
        TrainerProcess process = start(Duration.ofSeconds(1), Duration.ofSeconds(30));

        process.jobs.submit("run-r", reward(2));
        Map<String, Double> figures = lastFigures(process, "run-r");
        process.jobs.submit("run-s", reward(3));

        assertThat(trainer.calls).containsExactly("trainReward 2 6");
        assertThat(figures).containsEntry("rankings_of_other_tokenizers", 2.0);
        assertThat(detail(process, "run-s"))
                .isEqualTo("rankings: expected 3 within 1 s, got 2 and 2 in the ids of other tokenizers");
        assertThat(mill.deadLetterReasons(RankingSubmitted.class)).isEmpty();
    }

    private void compared(String promptId, String tokenizer, long version) {
        mill.send(
                promptId,
                request(promptId, "held-out").toBuilder()
                        .setTokenizer(tokenizer)
                        .setTokenizerVersion(version)
                        .build());
        mill.send(
                promptId,
                ranking(
                        "ranking-" + promptId,
                        promptId,
                        List.of(promptId + "-a"),
                        List.of(promptId + "-b", promptId + "-c")));
    }

    @Test
    void tooFewRankingsFailTheRunAtTheDeadline() throws Exception {
        mill.model("base", ModelPublished.Role.ROLE_POLICY, mill.tokenizer("words", 1));
        TrainerProcess process = start(Duration.ofSeconds(1), Duration.ofSeconds(30));

        process.jobs.submit("run-r", reward(5));

        assertThat(process.watch("run-r").getLast().getJob().getDetail())
                .isEqualTo("rankings: expected 5 within 1 s, got 0");
    }

    @Test
    void ppoPacesPromptsAndLearnsFromEachRolloutOnce() throws Exception {
        Tokenizer tokenizer = mill.tokenizer("words", 1);
        mill.model("base", ModelPublished.Role.ROLE_POLICY, tokenizer);
        mill.model("judge", ModelPublished.Role.ROLE_REWARD, tokenizer);
        TrainerProcess process = start();
        process.jobs.submit("run-p", improve(2, 1));
        // η = 1: two rounds of two prompts may be out before the first is learned from.
        await().until(() -> mill.read(PromptSubmitted.class).size() == 4);
        List<PromptSubmitted> prompts = mill.read(PromptSubmitted.class);
        assertThat(prompts).extracting(PromptSubmitted::getRound).containsExactlyInAnyOrder(1L, 1L, 2L, 2L);
        assertThat(prompts).extracting(prompt -> prompt.getSampling().getSeed()).doesNotHaveDuplicates();
        assertThat(mill.read(ModelPublished.class))
                .filteredOn(model -> model.getName().equals("policy"))
                .hasSize(1); // step 0, so that workers have something to ask

        for (PromptSubmitted prompt : prompts) {
            for (int sample = 0; sample < 2; sample++) {
                answer(prompt, sample, 0.5f, 1);
                answer(prompt, sample, 9f, 1); // delivered twice, drawn twice: the first counts
            }
        }
        answer(
                prompts.getFirst().toBuilder()
                        .setPromptId("foreign")
                        .setRunId("other")
                        .build(),
                0,
                1,
                1);
        List<WatchResponse> watched = process.watch("run-p");

        assertThat(watched.getLast().getJob().getState()).isEqualTo(State.STATE_SUCCEEDED);
        assertThat(trainer.rounds).hasSize(2).allSatisfy(round -> assertThat(round)
                .hasSize(4));
        for (List<Trajectory> round : trainer.rounds) {
            assertThat(round).extracting(Trajectory::reward).containsOnly(2.5); // 0.5 + verifier weight 2 × 1
            assertThat(round)
                    .allSatisfy(trajectory -> assertThat(trajectory.finished()).isTrue())
                    .allSatisfy(trajectory -> assertThat(trajectory.forced()).containsExactly(true, false));
        }
        assertThat(mill.read(PromptSubmitted.class)).hasSize(4); // no prompt beyond the last round
        assertThat(mill.read(ModelPublished.class))
                .filteredOn(model -> model.getName().equals("policy"))
                .extracting(ModelPublished::getVersion, ModelPublished::getStep)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(1L, 0L),
                        org.assertj.core.groups.Tuple.tuple(2L, 1L),
                        org.assertj.core.groups.Tuple.tuple(3L, 2L));
    }

    @Test
    void aRoundGoesOnWithoutRolloutsThatCannotBeUsedOrDoNotCome() throws Exception {
        TrainerProcess process = improving(Duration.ofSeconds(3));
        PromptSubmitted first = prompts(1).getFirst();

        answer(first, 0, Float.NaN, -1);
        answer(first, 1, 0.5f, -1);
        answer(prompts(1).getLast(), 0, 1, -1);
        mill.send(new ProducerRecord<>(Events.topicName(RolloutCompleted.class), "unreadable", new byte[] {9}));
        process.watch("run-p");

        assertThat(trainer.rounds).hasSize(1);
        assertThat(trainer.rounds.getFirst()).extracting(Trajectory::reward).containsExactly(0.5, 1.0);
        assertThat(mill.deadLetterReasons(RolloutCompleted.class))
                .hasSize(2)
                .anyMatch(reason -> reason.startsWith("reward: expected a finite number"));
    }

    /// Three silences pass: before anything came, with one rollout of four, and with half of them.
    @Test
    void aRoundOfWhichLessThanHalfIsThereWaitsHoweverLongTheServicesAreAway() throws Exception {
        Duration silence = Duration.ofSeconds(1);
        TrainerProcess process = improving(silence);
        PromptSubmitted prompt = prompts(1).getFirst();

        await().during(silence.multipliedBy(2)).until(() -> isRunning(process));
        answer(prompt, 0, 1, -1);
        await().during(silence.multipliedBy(2)).until(() -> isRunning(process) && trainer.rounds.isEmpty());
        answer(prompt, 1, 2, -1);

        assertThat(process.watch("run-p").getLast().getJob().getState()).isEqualTo(State.STATE_SUCCEEDED);
        assertThat(trainer.rounds.getFirst()).extracting(Trajectory::reward).containsExactly(1.0, 2.0);
    }

    @Test
    void whileNothingComesPeopleAreToldOnceWhatIsWaitedForAndSinceWhen() throws Exception {
        TrainerProcess process = improving(Duration.ofSeconds(30)); // half a second is a silence
        PromptSubmitted prompt = prompts(1).getFirst();
        CompletableFuture<List<WatchResponse>> watched = CompletableFuture.supplyAsync(
                () -> watch(process), runnable -> Thread.ofVirtual().start(runnable));
        answer(prompt, 0, 1, -1);
        await().until(() -> detailNow(process).matches("round 1: 1 of 4 rollouts, none since 20.{17}Z"));
        String word = detailNow(process);
        int told = mill.read(TrainingJob.class).size();

        await().during(Duration.ofSeconds(2)).until(() -> detailNow(process).equals(word));

        assertThat(mill.read(TrainingJob.class)).hasSize(told);
        answerRound(1);
        assertThat(watched.get(20, TimeUnit.SECONDS))
                .extracting(response -> response.getJob().getDetail())
                .contains(word)
                .last()
                .isEqualTo("");
    }

    private static List<WatchResponse> watch(TrainerProcess process) {
        try {
            return process.watch("run-p");
        } catch (Exception e) {
            throw new AssertionError("not watched", e);
        }
    }

    private static String detailNow(TrainerProcess process) {
        return process.jobs.find("run-p").orElseThrow().getDetail();
    }

    @Test
    void aSlowRoundIsWaitedForAsLongAsRolloutsCome() throws Exception {
        Duration silence = Duration.ofSeconds(5);
        TrainerProcess process = improving(silence);

        for (PromptSubmitted prompt : prompts(1)) {
            for (int sample = 0; sample < 2; sample++) {
                await().during(silence.dividedBy(3)).until(() -> trainer.rounds.isEmpty());
                answer(prompt, sample, 1, -1);
            }
        }
        process.watch("run-p");

        assertThat(trainer.rounds.getFirst()).hasSize(4);
    }

    @Test
    void aPromptThatWorkersGiveUpIsNotWaitedFor() throws Exception {
        TrainerProcess process = improving(Duration.ofMinutes(5));
        PromptSubmitted answered = prompts(1).getFirst();

        giveUp(prompts(1).getLast().getPromptId());
        giveUp("somebody else's");
        answer(answered, 0, 1, -1);
        answer(answered, 1, 2, -1);

        assertThat(process.watch("run-p").getLast().getJob().getState()).isEqualTo(State.STATE_SUCCEEDED);
        assertThat(trainer.rounds.getFirst()).extracting(Trajectory::reward).containsExactly(1.0, 2.0);
    }

    @Test
    void aRoundThatWorkersGaveUpFailsTheRunAndSaysWhereToLook() throws Exception {
        TrainerProcess process = improving(Duration.ofMinutes(5));

        prompts(1).forEach(prompt -> giveUp(prompt.getPromptId()));

        assertThat(process.watch("run-p").getLast().getJob().getDetail())
                .isEqualTo("round 1: expected at least 2 of 4 rollouts, got 0, and no more will come:"
                        + " the dead letters of prompts and rollouts say why");
    }

    /// Who asked for it has nothing to look into.
    @Test
    void aCancelWhileRolloutsAreAwaitedIsOneLineOfTheLogAndNoWarning() throws Exception {
        List<LogRecord> lines = new CopyOnWriteArrayList<>();
        Logger log = Logger.getLogger(JobRunner.class.getName());
        Handler hearer = hearer(lines);
        log.addHandler(hearer);
        try {
            TrainerProcess process = improving(Duration.ofMinutes(5));

            process.jobs.cancel("run-p");

            await().until(() -> lines.size() > 1);
            assertThat(process.watch("run-p").getLast().getJob().getState()).isEqualTo(State.STATE_CANCELLED);
        } finally {
            log.removeHandler(hearer);
        }
        assertThat(lines)
                .extracting(LogRecord::getMessage, LogRecord::getThrown)
                .last()
                .isEqualTo(tuple("run cancelled: runId=run-p steps=0", null));
        assertThat(lines).extracting(LogRecord::getLevel).allMatch(level -> level.intValue() == Level.INFO.intValue());
        assertThat(trainer.rounds).isEmpty();
    }

    private static Handler hearer(List<LogRecord> lines) {
        return new Handler() {
            @Override
            public void publish(LogRecord line) {
                lines.add(line);
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
    }

    @Test
    void rewardsOfAnotherVersionAreLearnedFromAndCounted() throws Exception {
        TrainerProcess process = improving(Duration.ofMinutes(5));

        for (PromptSubmitted prompt : prompts(1)) {
            answer(prompt, 0, 1, -1, 1);
            answer(prompt, 1, 2, -1, 2);
        }

        assertThat(lastFigures(process, "run-p"))
                .containsEntry("rollouts_of_other_rewards", 2.0)
                .containsEntry("prompts_given_up", 0.0);
        assertThat(trainer.rounds.getFirst()).extracting(Trajectory::reward).containsExactly(1.0, 2.0, 1.0, 2.0);
    }

    @Test
    void fineTuningNeedsABaseOfTheRightKindAndTokenizer() throws Exception {
        Tokenizer tokenizer = mill.tokenizer("words", 1);
        mill.model("base", ModelPublished.Role.ROLE_POLICY, tokenizer);
        mill.model("judge", ModelPublished.Role.ROLE_REWARD, tokenizer);
        mill.shard(
                "words",
                ShardWritten.Kind.KIND_CONVERSATIONS,
                ShardWritten.Split.SPLIT_TRAIN,
                "facts",
                List.of(new Sequence("c", new int[] {291, 5, 6}, new boolean[] {false, true, true}, 2)));
        TrainerProcess process = start();

        process.jobs.submit("good", fineTune("base", ""));
        process.jobs.submit("no-base", fineTune("nothing", ""));
        process.jobs.submit("a-reward-model", fineTune("judge", ""));
        process.jobs.submit("other-tokenizer", fineTune("base", "syllables"));

        assertThat(process.watch("good").getLast().getJob().getState()).isEqualTo(State.STATE_SUCCEEDED);
        assertThat(trainer.calls).containsExactly("fineTune [facts]");
        assertThat(detail(process, "no-base"))
                .isEqualTo("plan.base: expected a published model, nothing is published as \"nothing\"");
        assertThat(detail(process, "a-reward-model"))
                .isEqualTo("plan.base: expected ROLE_POLICY, \"judge\" is ROLE_REWARD");
        assertThat(detail(process, "other-tokenizer"))
                .isEqualTo("plan.tokenizer: expected \"words\", which the base was made with, got \"syllables\"");
    }

    /// PPO publishes under the name that it started from, as the demo does.
    @Test
    void ppoThatIsTriedAgainStartsFromWhatItFirstStartedFrom() throws Exception {
        Tokenizer tokenizer = mill.tokenizer("words", 1);
        ModelPublished base = mill.model("policy", ModelPublished.Role.ROLE_POLICY, tokenizer);
        ModelPublished judge = mill.model("judge", ModelPublished.Role.ROLE_REWARD, tokenizer);
        TrainerProcess first = start();
        first.jobs.submit("run-p", improve(2, 0).toBuilder().setBase("policy").build());
        answerRound(1);
        await().until(() -> newest("policy").getStep() == 1);

        first.stop();
        mill.model("judge", 2, ModelPublished.Role.ROLE_REWARD, tokenizer);
        TrainerProcess second = start();
        await().until(() -> trainer.origins.size() == 2);

        assertThat(newest("policy").getVersion())
                .as("the half-improved actor is the newest")
                .isGreaterThan(base.getVersion());
        assertThat(trainer.origins.getLast()).isEqualTo(trainer.origins.getFirst());
        TrainingJob job = second.jobs.find("run-p").orElseThrow();
        assertThat(job.getOrigin().getBase()).isEqualTo(base);
        assertThat(job.getOrigin().getReward()).isEqualTo(judge);
    }

    /// Half of the second round's rollouts came while the first trainer was there, half when it was gone.
    @Test
    void ppoGoesOnWithTheRolloutsItAskedForAndLearnsFromEachOnce() throws Exception {
        Tokenizer tokenizer = mill.tokenizer("words", 1);
        mill.model("base", ModelPublished.Role.ROLE_POLICY, tokenizer);
        mill.model("judge", ModelPublished.Role.ROLE_REWARD, tokenizer);
        trainer.keeping = true;
        TrainerProcess first = start();
        first.jobs.submit("run-p", improve(3, 1));
        await().until(() -> prompts(2).size() == 2);
        for (PromptSubmitted prompt : prompts(1)) {
            answer(prompt, 0, 1, 0);
            answer(prompt, 1, 1, 0);
        }
        answer(prompts(2).getFirst(), 0, 2, 0);
        answer(prompts(2).getFirst(), 1, 2, 0);
        await().until(() -> prompts(3).size() == 2);

        first.stop();
        answer(prompts(2).getLast(), 0, 2, 0);
        answer(prompts(2).getLast(), 1, 2, 0);
        TrainerProcess second = start();
        await().until(() -> trainer.rounds.size() == 2);
        answer(prompts(3).getFirst(), 0, 3, 0);
        answer(prompts(3).getFirst(), 1, 3, 0);
        answer(prompts(3).getLast(), 0, 3, 0);
        answer(prompts(3).getLast(), 1, 3, 0);

        assertThat(second.watch("run-p").getLast().getJob().getState()).isEqualTo(State.STATE_SUCCEEDED);
        assertThat(mill.read(PromptSubmitted.class))
                .as("nothing is asked again")
                .hasSize(6);
        assertThat(mill.read(Events.topicName(PromptSubmitted.class)))
                .as("a trace begins with each")
                .extracting(record -> DeadLetters.header(record, "traceparent"))
                .doesNotContainNull()
                .doesNotHaveDuplicates();
        assertThat(trainer.rounds).hasSize(3);
        for (int round = 0; round < 3; round++) {
            assertThat(trainer.rounds.get(round))
                    .extracting(Trajectory::reward)
                    .containsExactly(Collections.nCopies(4, round + 1.0).toArray(Double[]::new));
        }
    }

    /// The trainer is killed after the model is published and before the run has its end.
    @Test
    void fineTuningThatIsTriedAgainStartsFromWhatItFirstStartedFrom() throws Exception {
        Tokenizer words = mill.tokenizer("words", 1);
        ModelPublished base = mill.model("policy", ModelPublished.Role.ROLE_POLICY, words);
        mill.model("policy", 7, ModelPublished.Role.ROLE_POLICY, words);
        mill.send("policy", base); // rolled back: no later version is the second 2
        trainer.published = () -> {
            trainer.published = () -> {};
            start(); // takes over, as after a kill
        };
        start().jobs.submit("run-f", fineTune("policy", ""));
        await().until(() -> running.size() == 2);

        TrainingJob job = running.getLast().watch("run-f").getLast().getJob();

        assertThat(job.getState()).isEqualTo(State.STATE_SUCCEEDED);
        assertThat(job.getAttempts()).isEqualTo(2);
        assertThat(job.getOrigin().getBase()).isEqualTo(base);
        assertThat(newest("policy").getVersion()).isEqualTo(9);
        assertThat(newest("policy").getHighestVersion()).isEqualTo(9);
        assertThat(trainer.origins).hasSize(2);
        assertThat(trainer.origins.getLast()).isEqualTo(trainer.origins.getFirst());
    }

    @Test
    void whatWorkersGaveUpWhileTheTrainerWasAwayIsNotWaitedFor() throws Exception {
        trainer.keeping = true;
        TrainerProcess first = improving(2, Duration.ofMinutes(5));
        answerRound(1);
        await().until(() -> prompts(2).size() == 2);

        first.stop();
        giveUp(prompts(2).getFirst().getPromptId());
        TrainerProcess second = start(Duration.ofSeconds(30), Duration.ofMinutes(5));
        answer(prompts(2).getLast(), 0, 3, 0);
        answer(prompts(2).getLast(), 1, 3, 0);

        assertThat(second.watch("run-p").getLast().getJob().getState()).isEqualTo(State.STATE_SUCCEEDED);
        assertThat(trainer.rounds.getLast()).extracting(Trajectory::reward).containsExactly(3.0, 3.0);
    }

    /// A run of PPO whose first prompts are out.
    private TrainerProcess improving(Duration roundDeadline) throws Exception {
        return improving(1, roundDeadline);
    }

    private TrainerProcess improving(long rounds, Duration roundDeadline) throws Exception {
        Tokenizer tokenizer = mill.tokenizer("words", 1);
        mill.model("base", ModelPublished.Role.ROLE_POLICY, tokenizer);
        mill.model("judge", ModelPublished.Role.ROLE_REWARD, tokenizer);
        TrainerProcess process = start(Duration.ofSeconds(30), roundDeadline);
        process.jobs.submit("run-p", improve(rounds, 0));
        await().until(() -> prompts(1).size() == 2);
        return process;
    }

    private static boolean isRunning(TrainerProcess process) {
        return process.jobs.find("run-p").orElseThrow().getState() == State.STATE_RUNNING;
    }

    private void giveUp(String promptId) {
        mill.send(new ProducerRecord<>(
                Events.deadLetterTopic(Events.topicName(PromptSubmitted.class)), promptId, new byte[] {1}));
    }

    private ModelPublished newest(String name) {
        return mill.read(ModelPublished.class).stream()
                .filter(model -> model.getName().equals(name))
                .reduce((earlier, later) -> later)
                .orElseThrow();
    }

    private void answerRound(long round) {
        await().until(() -> prompts(round).size() == 2);
        for (PromptSubmitted prompt : prompts(round)) {
            answer(prompt, 0, 0.5f, 1);
            answer(prompt, 1, 0.5f, 1);
        }
    }

    private List<PromptSubmitted> prompts(long round) {
        return mill.read(PromptSubmitted.class).stream()
                .filter(prompt -> prompt.getRound() == round)
                .toList();
    }

    private static String detail(TrainerProcess process, String runId) throws Exception {
        return process.watch(runId).getLast().getJob().getDetail();
    }

    private static Map<String, Double> lastFigures(TrainerProcess process, String runId) throws Exception {
        return process.watch(runId).stream()
                .filter(WatchResponse::hasMetrics)
                .reduce((earlier, later) -> later)
                .orElseThrow()
                .getMetrics()
                .getValuesMap();
    }

    private static List<Long> steps(List<WatchResponse> watched) {
        return watched.stream()
                .filter(WatchResponse::hasMetrics)
                .map(response -> response.getMetrics().getStep())
                .toList();
    }

    private void answer(PromptSubmitted prompt, int sample, float reward, float verified) {
        answer(prompt, sample, reward, verified, 1);
    }

    private void answer(PromptSubmitted prompt, int sample, float reward, float verified, long rewardVersion) {
        String id = Rollouts.rolloutId(prompt, sample);
        mill.send(
                id,
                RolloutCompleted.newBuilder()
                        .setRolloutId(id)
                        .setPromptId(prompt.getPromptId())
                        .setRunId(prompt.getRunId())
                        .setRound(prompt.getRound())
                        .addAllPromptTokens(List.of(291, 4))
                        .addAllTokens(List.of(7, 295))
                        .addAllLogProbs(List.of(-0.5f, -0.25f))
                        .addAllModelVersions(List.of(1L, 1L))
                        .addAllForced(List.of(true, false))
                        .setFinish(RolloutCompleted.Finish.FINISH_STOP)
                        .build());
        mill.send(
                id,
                RewardScored.newBuilder()
                        .setRolloutId(id)
                        .setRunId(prompt.getRunId())
                        .setRound(prompt.getRound())
                        .setReward(reward)
                        .setRewardModel("judge")
                        .setRewardModelVersion(rewardVersion)
                        .setVerified(verified)
                        .build());
    }

    private void json(String key, RankingSubmitted ranking) throws Exception {
        var record = new ProducerRecord<String, byte[]>(
                Events.topicName(RankingSubmitted.class),
                key,
                JsonFormat.printer().print(ranking).getBytes(UTF_8));
        record.headers().add("content-type", "application/json".getBytes(UTF_8));
        mill.send(record);
    }

    private static ComparisonRequested request(String promptId, String purpose) {
        ComparisonRequested.Builder request = ComparisonRequested.newBuilder()
                .setPromptId(promptId)
                .addAllPromptTokens(List.of(291, 4))
                .setPurpose(purpose);
        for (String name : List.of("-a", "-b", "-c")) {
            request.addCandidates(Candidate.newBuilder()
                    .setCandidateId(promptId + name)
                    .addTokens(name.charAt(1))
                    .addTokens(295));
        }
        return request.build();
    }

    @SafeVarargs
    private static RankingSubmitted ranking(String id, String promptId, List<String>... groups) {
        RankingSubmitted.Builder ranking =
                RankingSubmitted.newBuilder().setRankingId(id).setPromptId(promptId);
        for (List<String> group : groups) {
            ranking.addRanking(TieGroup.newBuilder().addAllCandidateIds(group));
        }
        return ranking.build();
    }

    private static TrainingPlan pretrain(long steps) {
        return TrainingPlan.newBuilder()
                .setModel("policy")
                .setTokenizer("words")
                .setMaxSteps(steps)
                .setPretrain(Pretrain.newBuilder().setDepth(1))
                .build();
    }

    private static TrainingPlan fineTune(String base, String tokenizer) {
        return TrainingPlan.newBuilder()
                .setModel("policy")
                .setBase(base)
                .setTokenizer(tokenizer)
                .setMaxSteps(1)
                .setFineTune(FineTune.newBuilder())
                .build();
    }

    private static TrainingPlan reward(long rankings) {
        return TrainingPlan.newBuilder()
                .setModel("policy")
                .setBase("base")
                .setMaxSteps(1)
                .setReward(TrainReward.newBuilder().setMinRankings(rankings).setNormaliseOn("held-out"))
                .build();
    }

    private static TrainingPlan improve(long rounds, int maxStaleness) {
        return TrainingPlan.newBuilder()
                .setModel("policy")
                .setBase("base")
                .setMaxSteps(rounds)
                .setImprovePolicy(ImprovePolicy.newBuilder()
                        .setReward("judge")
                        .setPromptsPerRound(2)
                        .setSamplesPerPrompt(2)
                        .setMaxStaleness(maxStaleness)
                        .setVerifierWeight(2)
                        .addPrompts(TrainingPrompt.newBuilder()
                                .addMessages(Message.newBuilder()
                                        .setRole(Message.Role.ROLE_USER)
                                        .setContent("What is blue?"))
                                .setReference("the sea")))
                .build();
    }

    private TrainerProcess start() {
        return start(Duration.ofSeconds(30), Duration.ofSeconds(30));
    }

    private TrainerProcess start(Duration rankingsDeadline, Duration roundDeadline) {
        TrainerProcess process =
                new TrainerProcess(mill, trainer, scratch.resolve("runs"), rankingsDeadline, roundDeadline);
        running.add(process);
        return process;
    }
}
