package org.millrace.trainer.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.bpe.Tokenizer;
import org.millrace.proto.events.v1.ModelPublished;
import org.millrace.proto.events.v1.Pretrain;
import org.millrace.proto.events.v1.ShardWritten;
import org.millrace.proto.events.v1.TrainReward;
import org.millrace.proto.events.v1.TrainingJob;
import org.millrace.proto.events.v1.TrainingJob.State;
import org.millrace.proto.events.v1.TrainingPlan;
import org.millrace.testkit.BrokerExtension;

/// An orderly stop in the middle of a run: the next trainer finds it in the queue, as if it had not
/// begun.
@Timeout(60)
class StopTest {

    @RegisterExtension
    final BrokerExtension kafka = new BrokerExtension();

    @TempDir
    Path scratch;

    private final FakeTrainer trainer = new FakeTrainer();
    private Mill mill;
    private TrainerProcess process;

    @BeforeEach
    void open() throws Exception {
        mill = new Mill(
                kafka.bootstrapServers(),
                ArtifactStore.open(scratch.resolve("artifacts").toUri(), scratch.resolve("cache")),
                scratch);
        process = new TrainerProcess(mill, trainer, runs(), Duration.ofSeconds(30), Duration.ofSeconds(30));
    }

    @AfterEach
    void close() {
        mill.close();
    }

    /// A run that waits for rankings is in a call of Kafka's nearly always, and from there the
    /// interruption comes as Kafka's own exception.
    @Test
    void duringACallOfKafkas() throws Exception {
        mill.model("base", ModelPublished.Role.ROLE_POLICY, mill.tokenizer("words", 1));
        process.jobs.submit("run-r", reward());
        await().until(() -> last("run-r").getState() == State.STATE_RUNNING);

        process.stop();

        assertWaitsAsIfItHadNotBegun("run-r");
    }

    @Test
    void duringAStep() throws Exception {
        words();
        trainer.stuck = true;
        process.jobs.submit("run-p", pretrain());
        await().until(() -> !trainer.calls.isEmpty());

        process.stop();

        assertWaitsAsIfItHadNotBegun("run-p");
        goesOnWithTheDataItHad();
    }

    /// What came meanwhile is not the run's, and its folder goes when it ends.
    private void goesOnWithTheDataItHad() throws Exception {
        assertThat(trainer.documents).hasSize(2);
        Path state = scratch.resolve("states/run-p");
        assertThat(state).isDirectory();
        mill.shard(
                "words",
                ShardWritten.Kind.KIND_DOCUMENTS,
                ShardWritten.Split.SPLIT_TRAIN,
                "",
                Mill.documents(mill.tokenizer("words", 1), 3));
        trainer.stuck = false;
        TrainerProcess next = new TrainerProcess(mill, trainer, runs(), Duration.ofSeconds(30), Duration.ofSeconds(30));

        next.watch("run-p");

        assertThat(trainer.documents).as("those of both attempts").hasSize(4);
        await().untilAsserted(() -> assertThat(state).doesNotExist());
        next.stop();
    }

    @Test
    void duringAStepThatTakesTooLong() throws Exception {
        words();
        trainer.stuck = true;
        trainer.deaf = true;
        process.jobs.submit("run-p", pretrain());
        await().until(() -> !trainer.calls.isEmpty());

        process.interrupt();
        process.abandon();
        trainer.stuck = false;
        process.join();

        assertWaitsAsIfItHadNotBegun("run-p");
        assertThat(mill.read(ModelPublished.class))
                .as("nobody publishes after the end")
                .isEmpty();
    }

    @Test
    void afterTheModelWasPublished() throws Exception {
        words();
        trainer.published = process::interrupt;
        process.jobs.submit("run-p", pretrain());

        process.join();

        process.stop();
        assertThat(last("run-p").getState()).as("nothing is left to do").isEqualTo(State.STATE_SUCCEEDED);
        assertThat(mill.read(ModelPublished.class)).hasSize(1);
    }

    /// The store is away when a week's work is to be published. Without a state nothing would be won by
    /// another attempt, and the run ends.
    @Test
    void aStoreThatIsAwayDoesNotCostWhatWasLearned() throws Exception {
        words();
        trainer.publishing = () -> {
            trainer.publishing = () -> {};
            Files.writeString(scratch.resolve("states/run-p/000000000002.state"), "of the trainer");
            throw new IOException("the store is away");
        };
        process.jobs.submit("run-p", pretrain());
        process.watch("run-p");
        trainer.publishing = () -> {
            throw new IOException("the store is away");
        };
        process.jobs.submit("run-q", pretrain());
        process.watch("run-q");

        process.stop();
        assertThat(last("run-p").getState()).isEqualTo(State.STATE_SUCCEEDED);
        assertThat(trainer.calls).as("two attempts, and one of the other").hasSize(3);
        assertThat(last("run-q").getState()).isEqualTo(State.STATE_FAILED);
        assertThat(last("run-q").getDetail()).isEqualTo("files: the store is away");
        assertThat(last("run-q").getAttempts()).isEqualTo(1);
    }

    @Test
    void theFilesOfARunGoWithIt() throws Exception {
        words();
        process.jobs.submit("run-p", pretrain());

        process.watch("run-p");

        await().untilAsserted(() -> assertThat(filesOfRuns()).isEmpty());
        process.stop();
    }

    private void assertWaitsAsIfItHadNotBegun(String runId) {
        TrainingJob job = last(runId);
        assertThat(job.getState()).isEqualTo(State.STATE_QUEUED);
        assertThat(job.getAttempts()).isZero();
    }

    private TrainingJob last(String runId) {
        return mill.read(TrainingJob.class).stream()
                .filter(job -> job.getRunId().equals(runId))
                .reduce((earlier, later) -> later)
                .orElse(TrainingJob.getDefaultInstance());
    }

    private List<Path> filesOfRuns() throws IOException {
        try (Stream<Path> files = Files.list(runs())) {
            return files.toList();
        }
    }

    private Path runs() {
        return scratch.resolve("runs");
    }

    private void words() throws IOException {
        Tokenizer tokenizer = mill.tokenizer("words", 1);
        mill.shard(
                "words",
                ShardWritten.Kind.KIND_DOCUMENTS,
                ShardWritten.Split.SPLIT_TRAIN,
                "",
                Mill.documents(tokenizer, 2));
    }

    private static TrainingPlan pretrain() {
        return TrainingPlan.newBuilder()
                .setModel("policy")
                .setTokenizer("words")
                .setMaxSteps(2)
                .setPretrain(Pretrain.newBuilder().setDepth(1))
                .build();
    }

    private static TrainingPlan reward() {
        return TrainingPlan.newBuilder()
                .setModel("judge")
                .setBase("base")
                .setMaxSteps(1)
                .setReward(TrainReward.newBuilder().setMinRankings(5))
                .build();
    }
}
