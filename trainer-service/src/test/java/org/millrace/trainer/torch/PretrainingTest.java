package org.millrace.trainer.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.checkpoint.Shape;
import org.millrace.trainer.Budget;
import org.millrace.trainer.Descent;
import org.millrace.trainer.Example;
import org.millrace.trainer.Outcome;
import org.millrace.trainer.Packing;
import org.millrace.trainer.Plan;
import org.millrace.trainer.Rates;
import org.millrace.trainer.TrainingFailed;

class PretrainingTest {

    @TempDir
    Path temp;

    private static Plan.Pretrain plan(long steps, long seed) {
        return new Plan.Pretrain(new Budget(steps, 0), seed, 2, 16, 8, 32, 3e-3);
    }

    private static Outcome train(Plan.Pretrain plan, Tiny.Notes notes) throws TrainingFailed, IOException {
        return new Pretraining(ScalarType.Float).run(plan, Tiny.VOCABULARY, Tiny.counting(40), Tiny.counting(5), notes);
    }

    @Test
    void learnsWhatIsThereAndPublishesIt() throws Exception {
        Tiny.Notes notes = new Tiny.Notes(temp);

        Outcome outcome = train(plan(150, 1), notes);

        // 10 of 11 bytes of a document follow from the one before; the first is one of 14: log2(14) / 11 = 0.35 bits a
        // byte
        assertThat(outcome.figures().get("bits_per_byte")).isBetween(0.2, 0.7);
        assertThat(outcome.steps()).isEqualTo(150);
        assertThat(notes.published).containsOnlyKeys(150L);
        assertThat(notes.progress.getLast()).isEqualTo(1);
        assertThat(notes.figures.stream().filter(f -> f.containsKey("bits_per_byte")))
                .hasSize(3);
    }

    @Test
    void whatIsAskedOtherwiseIsWhatIsTrained() throws Exception {
        Tiny.Notes notes = new Tiny.Notes(temp);
        Plan.Pretrain plan = new Plan.Pretrain(
                new Budget(60, 0),
                1,
                2,
                16,
                8,
                new Shape(1, 32, 4, 2, 40, 500, true, false),
                0,
                new Descent(Descent.OptimizerChoice.MUON, 0, 0.01, 0.0, 0.0, 0.2, 0.1, 0.5, 3, 5, true));

        Outcome outcome = train(plan, notes);

        assertThat(outcome.figures().get("bits_per_byte")).isLessThan(2.5); // log2(23) = 4.5 at the start
        assertThat(notes.figures.stream().filter(f -> f.containsKey("bits_per_byte")))
                .hasSize(5);
        try (Checkpoint checkpoint = Checkpoint.open(temp.resolve("model-60"))) {
            assertThat(checkpoint.config())
                    .isEqualTo(new ModelConfig(
                            1, 32, 4, 2, 8, 40, Tiny.IDS, 16, 500, 1e-5, true, false, false, 0, 1, Tiny.BOS, Tiny.EOS));
        }
    }

    @Test
    void aPublishedModelLoadsWithTheSameLoss() throws Exception {
        Tiny.Notes notes = new Tiny.Notes(temp);
        Outcome outcome = train(plan(20, 1), notes);

        try (Checkpoint checkpoint = Checkpoint.open(temp.resolve("model-20"));
                PointerScope scope = new PointerScope()) {
            Decoder decoder = new Decoder(Parameters.of(checkpoint), ScalarType.Float);

            assertThat(Evaluation.bitsPerByte(decoder, Tiny.counting(5)))
                    .isEqualTo(outcome.figures().get("bits_per_byte"));
        }
    }

    @Test
    void sameSeedSameModel() throws Exception {
        for (String name : List.of("a", "b")) {
            train(plan(12, 5), new Tiny.Notes(Files.createDirectory(temp.resolve(name))));
        }
        train(plan(12, 6), new Tiny.Notes(Files.createDirectory(temp.resolve("c"))));

        Path first = temp.resolve("a/model-12/model.safetensors");
        assertThat(first).hasSameBinaryContentAs(temp.resolve("b/model-12/model.safetensors"));
        assertThat(Files.mismatch(first, temp.resolve("c/model-12/model.safetensors")))
                .isNotNegative();
    }

    @Test
    void aModelThatKnowsNothingNeedsTheLogarithmOfTheVocabulary() {
        try (PointerScope scope = new PointerScope()) {
            Parameters parameters = Parameters.random(Tiny.model(4, false, true), 1);
            parameters.tensors().values().forEach(tensor -> tensor.data_ptr_float()
                    .put(new float[(int) tensor.numel()]));

            double bits = Evaluation.bitsPerByte(new Decoder(parameters, ScalarType.Float), Tiny.counting(5));

            // one byte a token in this data, the first token is not predicted
            assertThat(bits).isCloseTo(Math.log(Tiny.IDS) / Math.log(2), within(1e-5));
        }
    }

    @Test
    void oneBatchCanBeLearnedByHeart() {
        try (PointerScope scope = new PointerScope()) {
            Decoder decoder = new Decoder(Parameters.random(Tiny.model(2, true, true), 1), ScalarType.Float);
            Optimizer optimizer = new Optimizer(decoder.parameters(), new Rates(0.02, 1e-2, 0, true), ScalarType.Float);
            int[] ids = new Random(1).ints(20, 0, Tiny.IDS).toArray();
            double loss = Double.NaN;
            for (int i = 0; i < 80; i++) {
                loss = Tiny.step(List.of(Packing.alone(ids, 20)), decoder, optimizer)
                        .loss();
            }

            assertThat(loss).isLessThan(0.05);
        }
    }

    @Test
    void aCancelledRunPublishesNothing() throws Exception {
        Tiny.Notes notes = new Tiny.Notes(temp, 5);

        Outcome outcome = train(plan(1_000, 1), notes);

        assertThat(outcome.cancelled()).isTrue();
        assertThat(outcome.steps()).isEqualTo(5);
        assertThat(notes.published).isEmpty();
    }

    @Test
    void badDataIsRefusedBeforeTheFirstStep() {
        Tiny.Notes notes = new Tiny.Notes(temp);

        assertThatExceptionOfType(TrainingFailed.class).isThrownBy(() -> new Pretraining(ScalarType.Float)
                .run(plan(1, 1), Tiny.VOCABULARY, List.of(), List.of(), notes));
        assertThatExceptionOfType(TrainingFailed.class).isThrownBy(() -> new Pretraining(ScalarType.Float)
                .run(
                        plan(1, 1),
                        Tiny.VOCABULARY,
                        List.of(Example.document(new int[] {Tiny.BOS, Tiny.IDS}, 1)),
                        List.of(),
                        notes));
        assertThat(notes.figures).isEmpty();
    }

    /// A step that is not finite changes no weight; the third in a row ends the run.
    @Test
    void lossesThatAreNotFiniteAreSkippedAndThenFatal() throws Exception {
        try (PointerScope scope = new PointerScope()) {
            Parameters parameters = Parameters.random(Tiny.model(4, false, true), 1);
            Optimizer optimizer = new Optimizer(parameters, new Rates(0.1, 0.1, 0, false), ScalarType.Float);
            Tensor weight = parameters.get("model.norm.weight");
            float[] before = Parameters.values(weight);
            Run run = new Run(new Budget(10, 0), new Tiny.Notes(temp));

            for (Tensor poison : List.of(
                    weight.sum().log().mul(weight.sum().sub(weight.sum()).log()), // −∞
                    weight.sub(weight).sqrt().sum())) { // 0 whose gradient is not a number
                run.counted(Step.on(poison, optimizer, 1), 1);
            }

            assertThat(Parameters.values(weight)).isEqualTo(before);
            assertThat(run.outcome(new TreeMap<>()).figures()).containsEntry("skipped_steps", 2.0);
            assertThatExceptionOfType(TrainingFailed.class)
                    .isThrownBy(() -> run.counted(new Step(Double.NaN, 1), 1))
                    .withMessageContaining("3 times in a row");
        }
    }

    /// Native memory: what a step makes is gone with it. 16 KiB a step would show as 5 MiB.
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void stepsLeaveNoMemoryBehind(boolean recompute) {
        try (PointerScope scope = new PointerScope()) {
            Decoder decoder =
                    new Decoder(Parameters.random(Tiny.model(2, false, true), 1), ScalarType.BFloat16, recompute);
            Optimizer optimizer =
                    new Optimizer(decoder.parameters(), new Rates(1e-3, 1e-3, 0.1, true), ScalarType.BFloat16);
            int[] ids = new Random(1).ints(20, 0, Tiny.IDS).toArray();
            long before = 0;
            for (int i = 0; i < 400; i++) {
                if (i == 80) {
                    before = settled();
                }
                Tiny.step(List.of(Packing.alone(ids, 20)), decoder, optimizer);
            }

            assertThat(settled() - before).isLessThan(5L << 20);
        }
    }

    /// Resident bytes of the process with its Java heap collected and shrunk as far as it goes.
    private static long settled() {
        System.gc();
        return Pointer.physicalBytes() - Runtime.getRuntime().totalMemory();
    }
}
