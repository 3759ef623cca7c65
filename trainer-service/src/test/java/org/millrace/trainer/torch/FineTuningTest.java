package org.millrace.trainer.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.trainer.Budget;
import org.millrace.trainer.Example;
import org.millrace.trainer.Outcome;
import org.millrace.trainer.Plan;
import org.millrace.trainer.TrainingFailed;

class FineTuningTest {

    @TempDir
    Path temp;

    /// Asked for x the answer is x twice and the end: `bos x assistant x x eos`.
    private static List<Example> echoes() {
        List<Example> echoes = new ArrayList<>();
        for (int x = 0; x < Tiny.BOS; x++) {
            echoes.add(Example.conversation(
                    new int[] {Tiny.BOS, x, 17, x, x, Tiny.EOS},
                    new boolean[] {false, false, false, true, true, true},
                    2));
        }
        return echoes;
    }

    private static Plan.FineTune plan(int steps, Map<String, Double> weights, double documentWeight) {
        return new Plan.FineTune(new Budget(steps, 0), 1, weights, documentWeight, 1, 4);
    }

    @Test
    void learnsToAnswerAndToStop() throws Exception {
        Path base = Tiny.checkpoint(temp.resolve("base"), Tiny.model(4, false, true), 1);
        Tiny.Notes notes = new Tiny.Notes(temp);

        Outcome outcome;
        try (Checkpoint checkpoint = Checkpoint.open(base)) {
            outcome = new FineTuning(ScalarType.Float)
                    .run(
                            plan(200, Map.of(), 0.25),
                            checkpoint,
                            Map.of("echo", echoes()),
                            echoes(),
                            Tiny.counting(20),
                            notes);
        }

        assertThat(outcome.figures().get("validation_loss_nats")).isLessThan(0.2);
        try (Checkpoint tuned = Checkpoint.open(temp.resolve("model-200"));
                PointerScope scope = new PointerScope()) {
            Decoder decoder = new Decoder(Parameters.of(tuned), ScalarType.Float);
            assertThat(Greedy.answers(decoder, List.of(new int[] {Tiny.BOS, 3, 17}, new int[] {Tiny.BOS, 11, 17}), 8))
                    .containsExactly(List.of(3, 3), List.of(11, 11));
        }
    }

    /// The model's rows hold 24 positions.
    @Test
    void conversationsThatDoNotFitAreCounted() throws Exception {
        Path base = Tiny.checkpoint(temp.resolve("base"), Tiny.model(4, false, true), 1);
        boolean[] targets = new boolean[26];
        targets[25] = true;
        Example tooLong = Example.conversation(new int[26], targets, 1);
        List<Example> conversations = new ArrayList<>(echoes());
        conversations.add(tooLong);
        try (Checkpoint checkpoint = Checkpoint.open(base)) {
            FineTuning stage = new FineTuning(ScalarType.Float);
            Tiny.Notes notes = new Tiny.Notes(temp);

            Outcome outcome = stage.run(
                    plan(1, Map.of(), 0), checkpoint, Map.of("echo", conversations), List.of(), List.of(), notes);

            assertThat(outcome.figures()).containsEntry("conversations_too_long", 1.0);
            assertThatExceptionOfType(TrainingFailed.class)
                    .isThrownBy(() -> stage.run(
                            plan(1, Map.of(), 0),
                            checkpoint,
                            Map.of("echo", List.of(tooLong)),
                            List.of(),
                            List.of(),
                            notes))
                    .withMessageEndingWith("at most 25 tokens, got none (1 are longer)");
        }
    }

    /// A tenth of four rows is none, but not what was asked for.
    @Test
    void aSmallShareOfDocumentsIsReadAllTheSame() throws Exception {
        Path base = Tiny.checkpoint(temp.resolve("base"), Tiny.model(4, false, true), 1);
        for (double share : new double[] {0, 0.1}) {
            Tiny.Notes notes = new Tiny.Notes(Files.createDirectory(temp.resolve("share-" + share)));
            try (Checkpoint checkpoint = Checkpoint.open(base)) {
                new FineTuning(ScalarType.Float)
                        .run(
                                plan(2, Map.of(), share),
                                checkpoint,
                                Map.of("echo", echoes()),
                                List.of(),
                                Tiny.counting(20),
                                notes);
            }
        }

        assertThat(Files.mismatch(
                        temp.resolve("share-0.0/model-2/model.safetensors"),
                        temp.resolve("share-0.1/model-2/model.safetensors")))
                .isNotNegative();
    }

    @Test
    void dataSetsAreRepeatedByTheirWeight() {
        Map<String, List<Example>> data = Map.of("a", echoes(), "b", Tiny.counting(100), "c", Tiny.counting(7));

        List<Example> epoch = FineTuning.mixture(data, Map.of("a", 2.5, "b", 0.25, "c", 0.0), new Random(1));

        assertThat(epoch).hasSize(2 * 14 + 7 + 25);
        assertThat(epoch.stream().filter(echo -> echo.targets() != null)).hasSize(35);
    }

    @Test
    void nothingToLearnFromIsRefused() throws Exception {
        Path base = Tiny.checkpoint(temp.resolve("base"), Tiny.model(4, false, true), 1);
        try (Checkpoint checkpoint = Checkpoint.open(base)) {
            FineTuning stage = new FineTuning(ScalarType.Float);
            Tiny.Notes notes = new Tiny.Notes(temp);

            assertThatExceptionOfType(TrainingFailed.class)
                    .isThrownBy(() -> stage.run(
                            plan(1, Map.of("echo", 0.0), 0),
                            checkpoint,
                            Map.of("echo", echoes()),
                            List.of(),
                            List.of(),
                            notes))
                    .withMessageContaining("weight above 0");
            assertThatExceptionOfType(TrainingFailed.class)
                    .isThrownBy(() -> stage.run(
                            plan(1, Map.of(), 0.5), checkpoint, Map.of("echo", echoes()), List.of(), List.of(), notes))
                    .withMessageContaining("documents");
            assertThatExceptionOfType(TrainingFailed.class)
                    .isThrownBy(
                            () -> stage.run(plan(1, Map.of(), 0), checkpoint, Map.of(), List.of(), List.of(), notes))
                    .withMessageContaining("conversations");
        }
    }
}
