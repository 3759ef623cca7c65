package org.millrace.trainer.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.trainer.Row;

/// Kernels beside the graph of autograd, on rows of several sequences with gaps in their labels.
class BackpropagationTest {

    private static final int T = 80;

    static ModelConfig model(boolean tied) {
        return new ModelConfig(2, 64, 2, 2, 32, 96, 48, T, 10_000, 1e-5, false, tied, false, 0, 1, 0, 1);
    }

    /// @param gaps whether some positions have no label
    private static List<Row> rows(Random random, int count, boolean gaps) {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int[] segments = new int[T];
            for (int t = 1; t < T; t++) {
                segments[t] = segments[t - 1] + (random.nextInt(20) == 0 ? 1 : 0);
            }
            int[] labels = IntStream.range(0, T)
                    .map(t -> gaps && random.nextInt(4) == 0 ? Row.IGNORED : random.nextInt(48))
                    .toArray();
            rows.add(new Row(random.ints(T, 0, 48).toArray(), labels, segments));
        }
        return rows;
    }

    private interface Pass {
        double of(Batch batch);
    }

    private record Found(double loss, Map<String, float[]> gradients) {

        /// In two parts, whose gradients add up.
        static Found by(Parameters parameters, List<Row> rows, Pass pass) {
            double loss = 0;
            for (Batch.Part part : Batch.parts(rows, List.of(), 0, 2)) {
                try (PointerScope scope = new PointerScope()) {
                    loss += pass.of(part.batch());
                }
            }
            Map<String, float[]> gradients = new TreeMap<>();
            parameters.tensors().forEach((name, tensor) -> {
                gradients.put(name, Parameters.values(tensor.grad()));
                tensor.mutable_grad().reset();
            });
            return new Found(loss, gradients);
        }

        float[] gradient(String name) {
            return Objects.requireNonNull(gradients.get(name), name);
        }

        /// `‖gradient − exact‖ / ‖exact‖` of one tensor.
        double error(String name, Found exact) {
            float[] expected = exact.gradient(name);
            float[] actual = gradient(name);
            double off = 0;
            double all = 0;
            for (int i = 0; i < expected.length; i++) {
                off += Math.pow(actual[i] - expected[i], 2);
                all += Math.pow(expected[i], 2);
            }
            return Math.sqrt(off / all);
        }
    }

    private static double autograd(Decoder decoder, Batch batch) {
        var loss = batch.loss(decoder);
        loss.backward();
        return loss.item_double();
    }

    /// As near to the gradients of fp32 as autograd's in bf16, or nearer; a block of attention of 32
    /// queries, so that there are three, the last one shorter.
    @ParameterizedTest
    @CsvSource({"true, false, 1", "true, true, 2", "false, true, 3"})
    void lossAndGradientsAreThoseOfTheDecoder(boolean tied, boolean gaps, long seed) {
        try (PointerScope scope = new PointerScope()) {
            Parameters parameters = Tiny.busy(model(tied), seed);
            List<Row> rows = rows(new Random(seed), 3, gaps);
            Decoder full = new Decoder(parameters, ScalarType.Float);
            Decoder reduced = new Decoder(parameters, ScalarType.BFloat16);
            Found exact = Found.by(parameters, rows, batch -> autograd(full, batch));
            Found graph = Found.by(parameters, rows, batch -> autograd(reduced, batch));
            List<Integer> done = new ArrayList<>();
            Backpropagation kernels = new Backpropagation(parameters, false, 32);

            Found actual = Found.by(parameters, rows, batch -> kernels.backward(batch, done::add));

            assertThat(done).containsExactly(1, 0, 1, 0); // layers of two parts
            assertThat(actual.loss()).isCloseTo(exact.loss(), within(0.02));
            exact.gradients().keySet().forEach(name -> assertThat(actual.error(name, exact))
                    .as(name)
                    .isLessThan(1.1 * graph.error(name, exact) + 1e-3));
        }
    }

    /// Whatever the blocks keep, and whether the kernels are interpreted still or compiled since: a run that
    /// goes on in another process finds the same bits.
    @Test
    void everyPassGivesTheSameBits() {
        try (PointerScope scope = new PointerScope()) {
            Parameters parameters = Tiny.busy(model(true), 4);
            List<Row> rows = rows(new Random(4), 3, true);
            Decoder decoder = new Decoder(parameters, ScalarType.BFloat16);
            Decoder again = new Decoder(parameters, ScalarType.BFloat16, true);
            Found first = Found.by(parameters, rows, batch -> batch.backward(decoder));

            for (int pass = 0; pass < 20; pass++) {
                Decoder other = pass % 2 == 0 ? again : decoder;
                Found found = Found.by(parameters, rows, batch -> batch.backward(other));

                assertThat(found.loss()).isEqualTo(first.loss());
                first.gradients()
                        .forEach((name, gradient) ->
                                assertThat(found.gradient(name)).as(name).isEqualTo(gradient));
            }
        }
    }

    @Test
    void whatIsNotFiniteLeavesNoGradient() {
        try (PointerScope scope = new PointerScope()) {
            Parameters parameters = Tiny.busy(model(true), 7);
            try (NoGradGuard guard = new NoGradGuard()) {
                parameters.get("model.norm.weight").fill_(new Scalar(Double.NaN));
            }

            double loss =
                    Batch.of(rows(new Random(7), 2, false)).backward(new Decoder(parameters, ScalarType.BFloat16));

            assertThat(loss).isNaN();
            assertThat(parameters.tensors().values())
                    .noneMatch(tensor -> tensor.grad().defined());
        }
    }

    @Test
    void modelsWithoutKernelsAreLeftToAutograd() {
        assertThat(Backpropagation.serves(model(true), ScalarType.BFloat16)).isTrue();
        assertThat(Backpropagation.serves(model(true), ScalarType.Float)).isFalse();
        assertThat(Backpropagation.serves(Tiny.model(4, false, true), ScalarType.BFloat16))
                .isFalse();
    }
}
