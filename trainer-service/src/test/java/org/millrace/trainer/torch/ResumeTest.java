package org.millrace.trainer.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.trainer.Budget;
import org.millrace.trainer.Outcome;
import org.millrace.trainer.Packing;
import org.millrace.trainer.Plan;
import org.millrace.trainer.Rates;
import org.millrace.trainer.Row;
import org.millrace.trainer.Scaling;
import org.millrace.trainer.TrainingFailed;
import org.millrace.trainer.Vocabulary;

/// A run that goes on from its state ends as if nothing had happened, bit by bit. The smoothed loss
/// at the end takes in the loss of every step.
class ResumeTest {

    private static final int STEPS = 24;

    @TempDir
    Path temp;

    private static Outcome pretrain(Tiny.Notes notes) throws TrainingFailed, IOException {
        return pretrain(3, 11, notes);
    }

    private static Outcome pretrain(long seed, int documents, Tiny.Notes notes) throws TrainingFailed, IOException {
        Plan.Pretrain plan = new Plan.Pretrain(new Budget(STEPS, 0), seed, 2, 16, 4, 32, 3e-3);
        return new Pretraining(ScalarType.BFloat16)
                .run(plan, Tiny.VOCABULARY, Tiny.counting(documents), Tiny.counting(5), notes);
    }

    private Outcome fineTune(Tiny.Notes notes) throws TrainingFailed, IOException {
        Path base = temp.resolve("base");
        if (!Files.exists(base)) {
            Tiny.checkpoint(base, Tiny.model(2, true, true), 1);
        }
        Plan.FineTune plan = new Plan.FineTune(new Budget(STEPS, 0), 1, Map.of("a", 1.5), 0.25, 1, 4);
        try (Checkpoint checkpoint = Checkpoint.open(base)) {
            return new FineTuning(ScalarType.BFloat16)
                    .run(
                            plan,
                            checkpoint,
                            Map.of("a", Tiny.counting(7), "b", Tiny.counting(4)),
                            List.of(),
                            Tiny.counting(9),
                            notes);
        }
    }

    /// Twelve prompts in batches of two: an epoch has four batches or so, and the best weights are those
    /// of an earlier one.
    private Outcome reward(Tiny.Notes notes) throws TrainingFailed, IOException {
        Path base = temp.resolve("base");
        if (!Files.exists(base)) {
            Tiny.checkpoint(base, Tiny.model(2, true, true), 1);
        }
        try (Checkpoint checkpoint = Checkpoint.open(base)) {
            return new RewardTraining(ScalarType.BFloat16)
                    .run(
                            new Plan.TrainReward(new Budget(STEPS, 0), 1, 2, 2),
                            checkpoint,
                            RewardTrainingTest.comparisons(12),
                            List.of(),
                            notes);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 11, STEPS - 1})
    void rewardTrainingEndsAsIfNothingHadHappened(int stop) throws Exception {
        same(this::reward, stop);
    }

    private interface Training {
        Outcome run(Tiny.Notes notes) throws TrainingFailed, IOException;
    }

    /// An epoch has 7 or 8 rows: the stops fall into different epochs, one of them after the last
    /// step but before the end is told.
    @ParameterizedTest
    @ValueSource(ints = {1, 5, 17, STEPS - 1})
    void pretrainingEndsAsIfNothingHadHappened(int stop) throws Exception {
        same(ResumeTest::pretrain, stop);
    }

    /// A model that the kernels serve, and two threads that share its rows.
    @Test
    void pretrainingByKernelsEndsAsIfNothingHadHappened() throws Exception {
        Plan.Pretrain plan = new Plan.Pretrain(new Budget(STEPS, 0), 3, 2, 16, 4, 64, 3e-3);
        Vocabulary vocabulary = new Vocabulary(32, Tiny.BOS, Tiny.EOS);
        int threads = torch.get_num_threads();
        torch.set_num_threads(2);
        try {
            assertThat(Backpropagation.serves(Scaling.model(plan, vocabulary), ScalarType.BFloat16))
                    .isTrue();
            same(
                    notes -> new Pretraining(ScalarType.BFloat16)
                            .run(plan, vocabulary, Tiny.counting(11), Tiny.counting(5), notes),
                    7);
        } finally {
            torch.set_num_threads(threads);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 13})
    void fineTuningEndsAsIfNothingHadHappened(int stop) throws Exception {
        same(this::fineTune, stop);
    }

    private void same(Training training, int stop) throws Exception {
        Outcome expected = training.run(new Tiny.Notes(Files.createDirectory(temp.resolve("whole"))));
        Path parts = Files.createDirectory(temp.resolve("parts"));
        Path states = temp.resolve("states");

        Outcome stopped = training.run(Tiny.Notes.keepingSeldom(parts, stop, states));
        Tiny.Notes notes = Tiny.Notes.keepingSeldom(parts, states);
        Outcome resumed = training.run(notes);

        assertThat(stopped.steps()).isEqualTo(stop);
        assertThat(notes.measured.getFirst()).as("it did not begin anew").isEqualTo(stop + 1);
        assertSame(resumed, expected);
    }

    private void assertSame(Outcome resumed, Outcome expected) {
        for (String figure : List.of("loss_nats", "tokens", "skipped_steps")) {
            assertThat(resumed.figures())
                    .containsEntry(figure, expected.figures().get(figure));
        }
        assertThat(resumed.steps()).isEqualTo(STEPS);
        assertThat(temp.resolve("parts/model-24/model.safetensors"))
                .hasSameBinaryContentAs(temp.resolve("whole/model-24/model.safetensors"));
    }

    /// The last good state is kept while the newest is damaged, here as by a torn write.
    @Test
    void aDamagedStateGivesWayToTheOneBefore() throws Exception {
        Outcome expected = pretrain(new Tiny.Notes(Files.createDirectory(temp.resolve("whole"))));
        Path parts = Files.createDirectory(temp.resolve("parts"));
        Path states = temp.resolve("states");
        pretrain(Tiny.Notes.keeping(parts, 9, states));
        List<Path> files = files(states);
        byte[] newest = Files.readAllBytes(files.getLast());
        Files.write(files.getLast(), Arrays.copyOf(newest, newest.length / 2));
        Files.writeString(states.resolve("next.tmp"), "a write that was broken off");

        Tiny.Notes notes = Tiny.Notes.keeping(parts, 1, states);
        assertThat(pretrain(notes).steps()).isEqualTo(9); // 8 are in the older state
        assertSame(pretrain(Tiny.Notes.keeping(parts, Long.MAX_VALUE, states)), expected);

        assertThat(files).hasSize(2).first().asString().endsWith("000000000008.state");
    }

    /// Sums are added in another order then, which fp32 shows in the last bits. The matrices are wide
    /// enough for libtorch to share them out.
    @Test
    void anotherNumberOfThreadsGivesTheSameLoss() throws Exception {
        Outcome expected = wide(new Tiny.Notes(Files.createDirectory(temp.resolve("whole"))));
        Path parts = Files.createDirectory(temp.resolve("parts"));
        Path states = temp.resolve("states");
        wide(Tiny.Notes.keeping(parts, 2, states));

        Outcome resumed;
        torch.set_num_threads(3);
        try {
            resumed = wide(Tiny.Notes.keeping(parts, Long.MAX_VALUE, states));
        } finally {
            torch.set_num_threads(1);
        }

        assertThat(resumed.figures().get("loss_nats"))
                .isCloseTo(expected.figures().get("loss_nats"), within(1e-5));
        assertThat(Files.mismatch(
                        temp.resolve("parts/model-4/model.safetensors"),
                        temp.resolve("whole/model-4/model.safetensors")))
                .as("in the last bits it differs")
                .isNotNegative();
    }

    private static Outcome wide(Tiny.Notes notes) throws TrainingFailed, IOException {
        Plan.Pretrain plan = new Plan.Pretrain(new Budget(4, 0), 3, 1, 32, 4, 256, 3e-3);
        return new Pretraining(ScalarType.Float).run(plan, Tiny.VOCABULARY, Tiny.counting(30), List.of(), notes);
    }

    /// As where a shard is gone that the first attempt had, or a folder of states is used again.
    @ParameterizedTest
    @CsvSource({"3, 12", "4, 11"})
    void aStateOfOtherDataOrAnotherPlanIsNotTaken(long seed, int documents) throws Exception {
        Path states = temp.resolve("states");
        pretrain(Tiny.Notes.keeping(Files.createDirectory(temp.resolve("other")), 9, states));
        Outcome expected = pretrain(seed, documents, new Tiny.Notes(Files.createDirectory(temp.resolve("whole"))));

        Outcome anew = pretrain(
                seed,
                documents,
                Tiny.Notes.keeping(Files.createDirectory(temp.resolve("parts")), Long.MAX_VALUE, states));

        assertSame(anew, expected);
    }

    /// 400 bit flips, cuts and additions: each is noticed, and nothing is changed by any.
    @Test
    void everyDamageIsNoticed() throws Exception {
        try (PointerScope scope = new PointerScope()) {
            Optimizer optimizer = optimizer(1);
            Path file = temp.resolve("a.state");
            StateFile.write(file, told(optimizer));
            byte[] good = Files.readAllBytes(file);
            Optimizer other = optimizer(2);
            TrainingState state = told(other);
            float[] before = Parameters.values(state.tensor("model.embed_tokens.weight"));
            Random random = new Random(5);
            for (int i = 0; i < 400; i++) {
                byte[] bad =
                        switch (i % 4) {
                            case 0 -> Arrays.copyOf(good, random.nextInt(good.length));
                            case 1 -> Arrays.copyOf(good, good.length + 1 + random.nextInt(40));
                            default -> good.clone();
                        };
                if (i % 4 > 1) {
                    bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
                }
                Files.write(file, bad);
                assertThatExceptionOfType(StateFile.Damaged.class).isThrownBy(() -> StateFile.read(file, state));
            }
            assertThat(Parameters.values(state.tensor("model.embed_tokens.weight")))
                    .isEqualTo(before);

            Files.write(file, good);
            StateFile.read(file, state);

            assertThat(Parameters.values(state.tensor("model.embed_tokens.weight")))
                    .isNotEqualTo(before);
        }
    }

    /// Whole, but of a model of another shape.
    @Test
    void theStateOfAnotherRunIsRefused() throws Exception {
        try (PointerScope scope = new PointerScope()) {
            Path file = temp.resolve("a.state");
            StateFile.write(file, told(optimizer(1)));
            Optimizer other = new Optimizer(
                    Parameters.random(Tiny.model(2, false, false), 1),
                    new Rates(0.02, 1e-2, 0, true),
                    ScalarType.Float);

            assertThatExceptionOfType(StateFile.Damaged.class)
                    .isThrownBy(() -> StateFile.read(file, told(other)))
                    .withMessageContaining("a.state");
        }
    }

    /// Muon's momenta and AdamW's means are part of it.
    @Test
    void theOptimizerGoesOnWhereItWas() throws Exception {
        try (PointerScope scope = new PointerScope()) {
            List<Row> rows =
                    List.of(Packing.alone(new Random(1).ints(20, 0, Tiny.IDS).toArray(), 20));
            Optimizer whole = optimizer(1);
            steps(whole, rows);
            Path file = temp.resolve("a.state");
            StateFile.write(file, told(whole));
            Optimizer resumed = optimizer(2);
            TrainingState state = told(resumed);
            StateFile.read(file, state);
            resumed.take(state);

            steps(whole, rows);
            steps(resumed, rows);

            told(whole).tensors().forEach((name, tensor) -> assertThat(
                            Parameters.values(told(resumed).tensor(name)))
                    .as(name)
                    .isEqualTo(Parameters.values(tensor)));
        }
    }

    private static Optimizer optimizer(long seed) {
        return new Optimizer(
                Parameters.random(Tiny.model(2, true, true), seed), new Rates(0.02, 1e-2, 0.1, true), ScalarType.Float);
    }

    private static void steps(Optimizer optimizer, List<Row> rows) {
        for (int i = 0; i < 3; i++) {
            Tiny.step(rows, new Decoder(optimizer.parameters(), ScalarType.Float), optimizer);
        }
    }

    private static TrainingState told(Optimizer optimizer) {
        TrainingState state = new TrainingState();
        optimizer.tell(state);
        return state;
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }
}
