package org.millrace.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.artifacts.Reference;
import org.millrace.bpe.SpecialToken;
import org.millrace.bpe.Tokenizer;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.reward.onnx.OnnxScorer;

/// Real checkpoints, real ONNX Runtime.
class RewardModelsTest {

    /// fp32 sums over rows of different padding may be ordered differently: a few ulp of scores near 1.
    private static final float TOLERANCE = 2e-5f;

    @TempDir
    private Path directory;

    private ArtifactStore store;
    private RewardModels models;

    @BeforeEach
    void open() throws IOException {
        store = ArtifactStore.open(directory.resolve("store").toUri(), directory.resolve("cache"));
        Path left = Files.createDirectories(
                scratch().resolve("load-by-a-killed-process").resolve("model"));
        Files.writeString(left.resolve("weights"), "w");
        Files.createSymbolicLink(left.resolve("link"), directory.resolve("store"));
        Files.writeString(scratch().resolve("note.txt"), "not ours");
        models = open(scratch());
    }

    private RewardModels open(Path scratch) throws IOException {
        return new RewardModels(store, scratch, OnnxScorer.factory(1), 1024, (thread, cause) -> {});
    }

    private Path scratch() {
        return directory.resolve("models");
    }

    @AfterEach
    void close() throws InterruptedException {
        models.close();
    }

    @Test
    void aPaddedBatchScoresAsEachRowAlone() throws Exception {
        Path checkpoint = TinyRewardModel.write(directory, TinyRewardModel.config(), 1);
        models.publish(new Publication("reward", 1, store.putDirectory(checkpoint)));
        Question question = question(20);

        Judgement judgement = models.judge("reward", question);

        float[] alone = new float[20];
        try (Scorer scorer = OnnxScorer.factory(1).open(Checkpoint.open(checkpoint))) {
            for (int i = 0; i < alone.length; i++) {
                float raw = scorer.score(new int[][] {question.sequences()[i]})[0];
                alone[i] = (float) ((raw - TinyRewardModel.MEAN) / TinyRewardModel.DEVIATION);
            }
        }
        assertThat(judgement.rewards()).containsExactly(alone, within(TOLERANCE));
        assertThat(judgement.rewards()[0]).as("they differ at all").isNotCloseTo(alone[1], within(1e-3f));
    }

    @Test
    void whatFollowsTheLastTokenOfARowIsNotRead() throws Exception {
        publish(1);
        int[] prompt = {5, 6, 7};

        float[] together = models.judge("", new Question(prompt, new int[][] {{9}, new int[40]}, ""))
                .rewards();
        float[] alone =
                models.judge("", new Question(prompt, new int[][] {{9}}, "")).rewards();

        assertThat(together[0]).isCloseTo(alone[0], within(TOLERANCE));
    }

    @Test
    void verifiesTheText() throws Exception {
        publish(1);
        int[] right = TinyRewardModel.tokenizer().encode(" Paris.");
        int[] wrong = TinyRewardModel.tokenizer().encode("Rome");
        int end = TinyRewardModel.config().eosId();
        int[] ended = java.util.Arrays.copyOf(right, right.length + 1);
        ended[right.length] = end;

        Judgement judgement = models.judge("", new Question(new int[] {1}, new int[][] {right, wrong, ended}, "paris"));

        assertThat(judgement.verified()).containsExactly(1, 0, 1);
        assertThat(models.judge("", new Question(new int[] {1}, new int[][] {right}, ""))
                        .verified())
                .containsExactly(-1);
    }

    /// Expression and result are no part of what the assistant says.
    @Test
    void whatACalculatorWasAskedAndSaidIsNotVerified() throws Exception {
        publish(1);
        Tokenizer tokenizer = TinyRewardModel.tokenizer();
        int[] called = IntStream.of(
                        tokenizer.id(SpecialToken.PYTHON_START),
                        tokenizer.encode("7")[0],
                        tokenizer.id(SpecialToken.PYTHON_END),
                        tokenizer.id(SpecialToken.OUTPUT_START),
                        tokenizer.encode("8")[0],
                        tokenizer.id(SpecialToken.OUTPUT_END))
                .toArray();
        int[] right = IntStream.concat(IntStream.of(called), IntStream.of(tokenizer.encode("84")))
                .toArray();

        Judgement judgement = models.judge("", new Question(new int[] {1}, new int[][] {right, called}, "84|8|7"));

        assertThat(judgement.verified()).containsExactly(1, 0);
    }

    @Test
    void aSwapUnderLoadFailsNobody() throws Exception {
        publish(1);
        AtomicBoolean done = new AtomicBoolean();
        List<FutureTask<List<Long>>> callers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            FutureTask<List<Long>> caller = new FutureTask<>(() -> {
                List<Long> versions = new ArrayList<>();
                while (!done.get()) {
                    versions.add(models.judge("reward", question(4)).version());
                }
                return versions;
            });
            callers.add(caller);
            Thread.ofVirtual().start(caller);
        }

        for (long version = 2; version <= 6; version++) {
            assertThat(publish(version)).isTrue();
        }
        done.set(true);

        for (FutureTask<List<Long>> caller : callers) {
            assertThat(caller.get(30, TimeUnit.SECONDS)).isNotEmpty().isSorted();
        }
        assertThat(models.judge("reward", question(1)).version()).isEqualTo(6);
    }

    @Test
    void nothingStaysOnTheLocalDisk() throws Exception {
        assertThat(scratch()).as("leftovers are gone").isDirectoryNotContaining("glob:**load-*");
        assertThat(scratch().resolve("note.txt")).hasContent("not ours");
        assertThat(directory.resolve("store")).as("links are not followed").isNotEmptyDirectory();

        publish(1);
        publish(2);
        Publication policy = TinyRewardModel.publish(store, directory, "reward", 3, policy());
        assertThatThrownBy(() -> models.publish(policy)).isInstanceOf(Refused.class);

        assertThat(models.judge("reward", question(3)).version()).isEqualTo(2);
        assertThat(scratch()).isDirectoryNotContaining(file -> !file.endsWith("note.txt"));
    }

    @Test
    void theVersionThatIsServedChangesNothingAndAnOlderOneIsGoneBackTo() throws Exception {
        publish(2);

        assertThat(publish(2)).isFalse();
        assertThat(publish(1)).isTrue();
        assertThat(models.served("").version()).isEqualTo(1);
    }

    @Test
    void aPolicyIsNoRewardModel() throws Exception {
        publish(1);
        Publication publication = TinyRewardModel.publish(store, directory, "reward", 2, policy());

        assertThatThrownBy(() -> models.publish(publication))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("head: expected a scalar head");
        assertThat(models.served("reward").version()).isEqualTo(1);
    }

    private static ModelConfig policy() {
        ModelConfig scalar = TinyRewardModel.config();
        return new ModelConfig(
                scalar.layers(),
                scalar.width(),
                scalar.heads(),
                scalar.kvHeads(),
                scalar.headWidth(),
                scalar.hidden(),
                scalar.vocabulary(),
                scalar.context(),
                scalar.ropeTheta(),
                scalar.normEpsilon(),
                scalar.qkNorm(),
                scalar.tied(),
                false,
                0,
                1,
                scalar.bosId(),
                scalar.eosId());
    }

    @Test
    void aDamagedFileIsRefusedAndTheOldVersionServes() throws Exception {
        publish(1);
        Path checkpoint = TinyRewardModel.write(directory, TinyRewardModel.config(), 2);
        Path weights = checkpoint.resolve("model.safetensors");
        byte[] bytes = Files.readAllBytes(weights);
        bytes[bytes.length / 2] ^= 1;
        weights.toFile().setWritable(true);
        Files.write(weights, bytes);

        assertThatThrownBy(() -> models.publish(new Publication("reward", 2, store.putDirectory(checkpoint))))
                .isInstanceOf(Refused.class);
        assertThat(models.judge("reward", question(1)).version()).isEqualTo(1);
    }

    @Test
    void aMissingFileMayStillCome() throws Exception {
        SortedMap<String, Reference> files =
                new TreeMap<>(TinyRewardModel.publish(store, directory, "reward", 1, TinyRewardModel.config())
                        .files());
        files.put("config.json", new Reference(URI.create("file:/nowhere").toString(), "ab".repeat(32), 10));

        assertThatThrownBy(() -> models.publish(new Publication("reward", 1, files)))
                .isInstanceOf(IOException.class);
    }

    @Test
    void namesTellModelsApart() throws Exception {
        assertThatThrownBy(() -> models.judge("", question(1)))
                .isInstanceOfSatisfying(
                        Unserved.class, e -> assertThat(e.reason()).isEqualTo(Unserved.Reason.NONE_LOADED));
        publish(1);
        assertThatThrownBy(() -> models.judge("other", question(1)))
                .isInstanceOfSatisfying(
                        Unserved.class, e -> assertThat(e.reason()).isEqualTo(Unserved.Reason.UNKNOWN))
                .hasMessage("model: expected one of [reward], got other");
        models.publish(TinyRewardModel.publish(store, directory, "second", 1, TinyRewardModel.config()));
        assertThatThrownBy(() -> models.judge("", question(1)))
                .isInstanceOfSatisfying(
                        Unserved.class, e -> assertThat(e.reason()).isEqualTo(Unserved.Reason.AMBIGUOUS));
    }

    private boolean publish(long version) throws IOException, Refused {
        return models.publish(TinyRewardModel.publish(store, directory, "reward", version, TinyRewardModel.config()));
    }

    /// Completions of all lengths that fit.
    private static Question question(int completions) {
        SplittableRandom random = new SplittableRandom(7);
        int[] prompt = ids(random, 10);
        int[][] drawn = new int[completions][];
        for (int i = 0; i < completions; i++) {
            drawn[i] = ids(random, 1 + random.nextInt(TinyRewardModel.CONTEXT - 10));
        }
        return new Question(prompt, drawn, "");
    }

    private static int[] ids(SplittableRandom random, int length) {
        return random.ints(length, 0, TinyRewardModel.config().vocabulary()).toArray();
    }
}
