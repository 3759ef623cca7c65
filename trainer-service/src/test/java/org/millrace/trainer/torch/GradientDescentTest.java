package org.millrace.trainer.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.trainer.Packing;

/// Ten steps down the gradient, twice: by libtorch in fp32, and by the naive twin, whose gradients are finite
/// differences in doubles. So the losses to compare with are computed and not stored, and no optimizer is part of it.
class GradientDescentTest {

    private static final int STEPS = 10;
    /// Small enough that the way down is smooth: at 0.1 a step overshoots, and doubles what the one before erred by.
    private static final double RATE = 0.02;

    /// Rounding to fp32 made 3e-7 of it in ten steps.
    private static final double TOLERANCE = 1e-5;

    /// Error of a central difference: about h² of the third derivative, and 1e-16 / h of rounding.
    private static final double H = 1e-5;

    @ParameterizedTest
    @CsvSource({"false, true", "true, false"})
    void tenStepsAndEveryGradientAreThoseOfTheNaiveTwin(boolean qkNorm, boolean tied) {
        ModelConfig config = new ModelConfig(1, 8, 4, 2, 4, 12, 11, 16, 1e4, 1e-5, qkNorm, tied, false, 0, 1, 2, 6);
        try (PointerScope scope = new PointerScope()) {
            Parameters parameters = Tiny.busy(config, 11);
            Decoder decoder = new Decoder(parameters, ScalarType.Float);
            NaiveDecoder twin = new NaiveDecoder(parameters);
            Random random = new Random(12);
            double first = 0;
            double last = 0;
            int[] ids = random.ints(12, 0, config.vocabulary()).toArray();
            for (int step = 0; step < STEPS; step++) {
                Tensor loss = Batch.of(List.of(Packing.alone(ids, ids.length))).loss(decoder);
                last = loss.item_double();
                first = step == 0 ? last : first;
                assertThat(last).as("loss of step %d", step).isCloseTo(twin.loss(ids), within(TOLERANCE));
                loss.backward();
                Map<String, double[]> expected = gradients(config, twin, ids);
                parameters.tensors().forEach((name, tensor) -> {
                    double[] ours = expected.getOrDefault(name, new double[0]);
                    assertGradient(name, Parameters.values(tensor.grad()), ours);
                    descend(tensor, twin.weight(name), ours);
                });
            }
            assertThat(last).as("ten steps teach something").isLessThan(first - 0.2);
        }
    }

    private static Map<String, double[]> gradients(ModelConfig config, NaiveDecoder twin, int[] ids) {
        Map<String, double[]> gradients = new TreeMap<>();
        for (String name : config.tensors().keySet()) {
            double[] weight = twin.weight(name);
            double[] gradient = new double[weight.length];
            for (int i = 0; i < weight.length; i++) {
                double before = weight[i];
                weight[i] = before + H;
                double above = twin.loss(ids);
                weight[i] = before - H;
                double below = twin.loss(ids);
                weight[i] = before;
                gradient[i] = (above - below) / (2 * H);
            }
            gradients.put(name, gradient);
        }
        return gradients;
    }

    /// `|g − g'| / |g'|` of a whole tensor.
    private static void assertGradient(String name, float[] actual, double[] expected) {
        assertThat(actual).as(name).hasSize(expected.length);
        double error = 0;
        double size = 0;
        for (int i = 0; i < expected.length; i++) {
            error += Math.pow(actual[i] - expected[i], 2);
            size += Math.pow(expected[i], 2);
        }
        assertThat(size).as("%s: a gradient of nothing proves nothing", name).isGreaterThan(1e-12);
        assertThat(Math.sqrt(error / size)).as("relative error of %s", name).isLessThan(1e-3);
    }

    /// Each by its own gradient.
    private static void descend(Tensor tensor, double[] twin, double[] gradient) {
        float[] slope = Parameters.values(tensor.grad());
        FloatPointer values = tensor.data_ptr_float();
        for (int i = 0; i < slope.length; i++) {
            values.put(i, (float) (values.get(i) - RATE * slope[i]));
            twin[i] -= RATE * gradient[i];
        }
        tensor.mutable_grad().zero_();
    }
}
