package org.millrace.trainer.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.trainer.Budget;
import org.millrace.trainer.Example;
import org.millrace.trainer.Outcome;
import org.millrace.trainer.Outliers;
import org.millrace.trainer.Packing;
import org.millrace.trainer.Plan;
import org.millrace.trainer.RankLost;
import org.millrace.trainer.Rates;
import org.millrace.trainer.Rendezvous;
import org.millrace.trainer.Row;
import org.millrace.trainer.TrainingFailed;

/// Ranks as threads of one process, each with its own group. In fp32, whose sums differ by their order
/// alone: about 1e-7 a step.
class RanksTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    Path temp;

    /// What a rank does.
    private interface Work<T> {
        T on(Ranks ranks) throws Exception;
    }

    /// All at once; what the first that failed threw.
    private static <T> List<T> together(int world, Work<T> work) throws Exception {
        return together(world, PATIENCE, work);
    }

    private static <T> List<T> together(int world, Duration patience, Work<T> work) throws Exception {
        int port = freePort();
        try (ExecutorService threads = Executors.newFixedThreadPool(world)) {
            List<Future<T>> results = new ArrayList<>();
            for (int rank = 0; rank < world; rank++) {
                var place = new Rendezvous(rank, world, "127.0.0.1", port, patience, PATIENCE);
                results.add(threads.submit(() -> {
                    try (Ranks ranks = GlooRanks.join(place)) {
                        return work.on(ranks);
                    }
                }));
            }
            List<T> all = new ArrayList<>();
            for (Future<T> result : results) {
                try {
                    all.add(result.get(60, TimeUnit.SECONDS));
                } catch (ExecutionException e) {
                    throw e.getCause() instanceof Exception cause ? cause : e;
                }
            }
            return all;
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /// Losses, norms and last weights of ten steps.
    private record Trajectory(List<Double> losses, List<Double> norms, SortedMap<String, float[]> weights) {}

    /// Rows of two kinds with different numbers of labels, more of them than go through at once.
    private static Trajectory tenSteps(
            Ranks ranks, int rows, boolean muon, boolean tied, boolean recompute, long bucketBytes) {
        try (PointerScope scope = new PointerScope()) {
            Decoder decoder = new Decoder(Tiny.busy(Tiny.model(2, true, tied), 4), ScalarType.Float, recompute);
            Optimizer optimizer =
                    new Optimizer(decoder.parameters(), new Rates(1e-2, 1e-2, 0.1, muon), ScalarType.Float);
            Gradients gradients = ranks instanceof GlooRanks gloo
                    ? new SummedGradients(decoder, 2, gloo, bucketBytes)
                    : ranks.gradients(decoder, 2);
            List<Double> losses = new ArrayList<>();
            List<Double> norms = new ArrayList<>();
            Random random = new Random(7);
            for (int i = 0; i < 10; i++) {
                Step step = Step.on(
                        gradients,
                        rows(rows - rows / 3, random),
                        rows(rows / 3, random),
                        0.3,
                        optimizer,
                        new Outliers(),
                        1);
                losses.add(step.loss());
                norms.add(step.norm());
            }
            SortedMap<String, float[]> weights = new TreeMap<>();
            decoder.parameters().tensors().forEach((name, tensor) -> weights.put(name, Parameters.values(tensor)));
            return new Trajectory(losses, norms, weights);
        }
    }

    private static List<Row> rows(int count, Random random) {
        return rows(count, random, 20);
    }

    private static List<Row> rows(int count, Random random, int length) {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            rows.add(Packing.alone(
                    random.ints(5 + random.nextInt(15), 0, Tiny.IDS).toArray(), length));
        }
        return rows;
    }

    @ParameterizedTest
    @CsvSource({
        "2, 7, false, true, false, 25000000", // one bucket
        "2, 7, true, false, false, 4000", // several, and Muon
        "2, 7, false, true, true, 4000", // each block again
        "3, 2, false, true, false, 4000" // a rank without a row
    })
    void tenStepsAreThoseOfOneProcess(
            int world, int rows, boolean muon, boolean tied, boolean recompute, long bucketBytes) throws Exception {
        Trajectory expected = tenSteps(new Alone(), rows, muon, tied, false, 0);

        List<Trajectory> ranks = together(world, one -> tenSteps(one, rows, muon, tied, recompute, bucketBytes));

        for (Trajectory rank : ranks) {
            for (int i = 0; i < 10; i++) {
                assertThat(rank.losses().get(i)).isCloseTo(expected.losses().get(i), within(1e-5));
                assertThat(rank.norms().get(i)).isCloseTo(expected.norms().get(i), within(1e-4));
            }
            assertThat(rank.losses()).isEqualTo(ranks.getFirst().losses());
            assertThat(rank.norms()).isEqualTo(ranks.getFirst().norms());
            rank.weights().forEach((name, weights) -> assertThat(weights)
                    .as(name)
                    .isEqualTo(ranks.getFirst().weights().get(name)));
        }
    }

    /// The last layer's bucket need not wait for the first layer.
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void sumsBeginWithinTheBackwardPass(boolean kernels) throws Exception {
        List<Double> overlapped = together(2, ranks -> {
            try (PointerScope scope = new PointerScope()) {
                ModelConfig model = kernels ? BackpropagationTest.model(true) : Tiny.model(2, true, true);
                Decoder decoder = new Decoder(Tiny.busy(model, 4), kernels ? ScalarType.BFloat16 : ScalarType.Float);
                assertThat(decoder.kernels().isPresent()).isEqualTo(kernels);
                SummedGradients gradients = new SummedGradients(decoder, 8, (GlooRanks) ranks, 4_000);
                gradients.backward(rows(4, new Random(1), kernels ? 32 : 20), List.of(), 0);
                return gradients.overlapped();
            }
        });

        assertThat(overlapped).allSatisfy(share -> assertThat(share).isBetween(0.3, kernels ? 0.99 : 0.9));
    }

    private static Outcome pretrain(Ranks ranks, List<Example> documents, Tiny.Notes notes)
            throws TrainingFailed, IOException {
        Plan.Pretrain plan = new Plan.Pretrain(new Budget(12, 0), 3, 2, 16, 5, 32, 3e-3);
        return new Pretraining(ScalarType.Float, ranks).run(plan, Tiny.VOCABULARY, documents, Tiny.counting(5), notes);
    }

    private Outcome fineTune(Ranks ranks, Tiny.Notes notes) throws TrainingFailed, IOException {
        Plan.FineTune plan = new Plan.FineTune(new Budget(12, 0), 1, Map.of("a", 1.5), 0.25, 1, 4);
        try (Checkpoint checkpoint = Checkpoint.open(temp.resolve("base"))) {
            return new FineTuning(ScalarType.Float, ranks)
                    .run(
                            plan,
                            checkpoint,
                            Map.of("a", Tiny.counting(7), "b", Tiny.counting(4)),
                            Tiny.counting(3),
                            Tiny.counting(9),
                            notes);
        }
    }

    /// Only rank 0 keeps a state; the others take it from there.
    private Tiny.Notes notes(Ranks ranks, long cancelAfter) throws IOException {
        return ranks.rank() == 0
                ? Tiny.Notes.keepingSeldom(
                        Files.createDirectories(temp.resolve("parts")), cancelAfter, temp.resolve("states"))
                : new Tiny.Notes(Files.createTempDirectory(temp, "other"));
    }

    /// Two ranks, stopped by one of them; then three; then one.
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aRunGoesOnWithAnyNumberOfRanks(boolean tuning) throws Exception {
        Tiny.checkpoint(temp.resolve("base"), Tiny.model(2, true, true), 1);
        Work<Outcome> whole = ranks -> {
            Tiny.Notes notes = new Tiny.Notes(Files.createTempDirectory(temp, "whole"));
            return tuning ? fineTune(ranks, notes) : pretrain(ranks, Tiny.counting(11), notes);
        };
        Outcome expected = whole.on(new Alone());

        List<Outcome> two = together(2, ranks -> part(tuning, ranks, 4));
        List<Outcome> three = together(3, ranks -> part(tuning, ranks, 5));
        Outcome last = part(tuning, new Alone(), Long.MAX_VALUE);

        assertThat(two).allSatisfy(outcome -> {
            assertThat(outcome.cancelled()).isTrue();
            assertThat(outcome.steps()).isEqualTo(4);
        });
        assertThat(three).allSatisfy(outcome -> assertThat(outcome.steps()).isEqualTo(9));
        assertThat(last.steps()).isEqualTo(12);
        for (String figure : List.of("loss_nats", tuning ? "validation_loss_nats" : "bits_per_byte")) {
            assertThat(last.figures().get(figure))
                    .as(figure)
                    .isCloseTo(expected.figures().get(figure), within(1e-5));
        }
    }

    private Outcome part(boolean tuning, Ranks ranks, long cancelAfter) throws Exception {
        Tiny.Notes notes = notes(ranks, cancelAfter);
        return tuning ? fineTune(ranks, notes) : pretrain(ranks, Tiny.counting(11), notes);
    }

    @Test
    void ranksThatMeanDifferentRunsSayWhatDiffers() {
        assertThatThrownBy(() -> together(
                        2,
                        ranks -> pretrain(
                                ranks,
                                Tiny.counting(11 + ranks.rank()),
                                new Tiny.Notes(Files.createTempDirectory(temp, "rank")))))
                .isInstanceOf(TrainingFailed.class)
                .hasMessageMatching(
                        "rank 1: expected documents [0-9a-f]{64} as rank 0 has it, got documents [0-9a-f]{64}");
    }

    /// Its connection breaks; nobody waits for the patience to end.
    @Test
    void aRankThatLeavesEndsTheStepOfTheOthers() {
        assertThatThrownBy(() -> together(3, ranks -> {
                    Tiny.Notes notes = new Tiny.Notes(Files.createTempDirectory(temp, "rank")) {
                        private int steps;

                        @Override
                        public boolean cancelled() {
                            if (ranks.rank() == 2 && ++steps == 4) {
                                throw new IllegalStateException("rank 2 dies");
                            }
                            return super.cancelled();
                        }
                    };
                    return pretrain(ranks, Tiny.counting(11), notes);
                }))
                .isInstanceOf(RankLost.class)
                .hasMessageContaining("of 3: another rank is gone, or silent for 20 s: ")
                .message()
                .doesNotContainIgnoringCase("timed out"); // as it is told of one that is silent
    }

    /// Connected, but it says nothing.
    @Test
    void aRankThatIsSilentIsNotWaitedForForever() throws Exception {
        CountDownLatch told = new CountDownLatch(1);

        List<String> said = together(2, Duration.ofSeconds(1), ranks -> {
            if (ranks.rank() == 1) {
                told.await();
                return "nothing";
            }
            try {
                return "got " + ranks.sum(1)[0];
            } catch (RankLost e) {
                return String.valueOf(e.getMessage());
            } finally {
                told.countDown();
            }
        });

        assertThat(said.getFirst())
                .contains("rank 0 of 2: another rank is gone, or silent for 1 s: ")
                .containsIgnoringCase("timed out");
    }

    @Test
    void whoIsNotThereInTimeIsNamed() throws Exception {
        int port = freePort();
        var place = new Rendezvous(0, 2, "127.0.0.1", port, PATIENCE, Duration.ofSeconds(1));

        assertThatThrownBy(() -> GlooRanks.join(place))
                .isInstanceOf(RankLost.class)
                .hasMessageContaining("rendezvous 127.0.0.1:%d: expected 2 ranks within 1 s".formatted(port));
    }
}
