package org.millrace.trainer.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.millrace.trainer.Outliers;
import org.millrace.trainer.Packing;
import org.millrace.trainer.Rates;
import org.millrace.trainer.Rendezvous;
import org.millrace.trainer.Row;

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
        int port = freePort();
        try (ExecutorService threads = Executors.newFixedThreadPool(world)) {
            List<Future<T>> results = new ArrayList<>();
            for (int rank = 0; rank < world; rank++) {
                var place = new Rendezvous(rank, world, "127.0.0.1", port, PATIENCE, PATIENCE);
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
    private static Trajectory tenSteps(Ranks ranks, int rows, boolean muon, boolean tied, long bucketBytes) {
        try (PointerScope scope = new PointerScope()) {
            Decoder decoder = new Decoder(Tiny.busy(Tiny.model(2, true, tied), 4), ScalarType.Float);
            Optimizer optimizer =
                    new Optimizer(decoder.parameters(), new Rates(1e-2, 1e-2, 0.1, muon), ScalarType.Float);
            Gradients gradients = ranks instanceof GlooRanks gloo
                    ? new SummedGradients(decoder, 2, gloo, bucketBytes)
                    : ranks.gradients(decoder, 2);
            List<Double> losses = new ArrayList<>();
            List<Double> norms = new ArrayList<>();
            java.util.Random random = new java.util.Random(7);
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

    private static List<Row> rows(int count, java.util.Random random) {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            rows.add(Packing.alone(
                    random.ints(5 + random.nextInt(15), 0, Tiny.IDS).toArray(), 20));
        }
        return rows;
    }

    @ParameterizedTest
    @CsvSource({
        "2, 7, false, true, 25000000", // one bucket
        "2, 7, true, false, 4000", // several, and Muon
        "3, 2, false, true, 4000" // a rank without a row
    })
    void tenStepsAreThoseOfOneProcess(int world, int rows, boolean muon, boolean tied, long bucketBytes)
            throws Exception {
        Trajectory expected = tenSteps(new Alone(), rows, muon, tied, 0);

        List<Trajectory> ranks = together(world, one -> tenSteps(one, rows, muon, tied, bucketBytes));

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
}
