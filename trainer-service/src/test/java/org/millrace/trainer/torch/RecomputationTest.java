package org.millrace.trainer.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.trainer.Packing;
import org.millrace.trainer.Row;

/// Beside the whole graph of autograd, to the last bit.
class RecomputationTest {

    private static final List<Row> ROWS = rows(new Random(3));

    private static List<Row> rows(Random random) {
        return java.util.stream.IntStream.range(0, 5)
                .mapToObj(i -> Packing.alone(
                        random.ints(8 + random.nextInt(10), 0, Tiny.IDS).toArray(), 20))
                .toList();
    }

    /// In three parts, so that the gradients of batches add up too.
    @ParameterizedTest
    @CsvSource({
        "4, false, true, Float",
        "2, true, true, Float",
        "1, false, false, Float",
        "1, true, false, Float",
        "2, true, true, BFloat16"
    })
    void lossAndGradientsAreThoseOfTheWholeGraph(int kvHeads, boolean qkNorm, boolean tied, ScalarType compute) {
        ModelConfig model = Tiny.model(kvHeads, qkNorm, tied);
        try (PointerScope scope = new PointerScope()) {
            Parameters parameters = Tiny.busy(model, 7);
            Map<String, float[]> expected = new TreeMap<>();
            double loss = backward(new Decoder(parameters, compute), expected);
            Map<String, float[]> gradients = new TreeMap<>();

            double again = backward(new Decoder(parameters, compute, true), gradients);

            assertThat(again).isEqualTo(loss);
            assertThat(gradients).hasSameSizeAs(model.tensors());
            expected.forEach(
                    (name, gradient) -> assertThat(gradients.get(name)).as(name).isEqualTo(gradient));
        }
    }

    private static double backward(Decoder decoder, Map<String, float[]> gradients) {
        double loss = 0;
        for (Batch.Part part : Batch.parts(ROWS, List.of(), 0, 2)) {
            try (PointerScope scope = new PointerScope()) {
                loss += part.batch().backward(decoder);
            }
        }
        decoder.parameters().tensors().forEach((name, tensor) -> {
            gradients.put(name, Parameters.values(tensor.grad()));
            tensor.mutable_grad().reset();
        });
        return loss;
    }

    @Test
    void whatIsNotFiniteLeavesNoGradient() {
        try (PointerScope scope = new PointerScope()) {
            Parameters parameters = Tiny.busy(Tiny.model(2, false, true), 7);
            try (var guard = new org.bytedeco.pytorch.NoGradGuard()) {
                parameters.get("model.norm.weight").fill_(new Scalar(Double.NaN));
            }

            double loss = Batch.of(ROWS).backward(new Decoder(parameters, ScalarType.Float, true));

            assertThat(loss).isNaN();
            assertThat(parameters.tensors().values())
                    .noneMatch(tensor -> tensor.grad().defined());
        }
    }
}
