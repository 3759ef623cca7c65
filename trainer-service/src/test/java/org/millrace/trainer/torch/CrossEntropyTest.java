package org.millrace.trainer.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AbstractTensor;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.millrace.trainer.Row;

class CrossEntropyTest {

    private static final int IDS = 400_000; // three rows a chunk: two and a rest

    /// What autograd finds from all logits at once.
    @Test
    void lossAndGradientAreThoseOfAutograd() {
        try (PointerScope scope = new PointerScope()) {
            torch.manual_seed(1);
            Tensor logits = torch.randn(5, IDS).mul(new Scalar(3.0));
            logits.set_requires_grad(true);
            Tensor labels = AbstractTensor.create(new long[] {0, IDS - 1, 17, 4_711, 17}, 5);
            Tensor weights = AbstractTensor.create(new float[] {0.5f, 0.1f, 0.1f, 0, 0.3f}, 5);
            Tensor nats = torch.cross_entropy_loss(logits, labels, new TensorOptional(), 0, -100, 0.0);
            Tensor expected = nats.dot(weights);
            expected.backward();
            Tensor gradient = logits.grad().clone();
            logits.mutable_grad().reset();

            double loss = CrossEntropy.backward(logits.mul(new Scalar(1.0)), labels, weights);

            assertThat(loss).isCloseTo(expected.item_double(), within(1e-5));
            assertThat(logits.grad().sub(gradient).abs().max().item_double()).isLessThan(1e-7);
            assertThat(Parameters.values(CrossEntropy.nats(logits.detach(), labels)))
                    .containsExactly(Parameters.values(nats.detach()), within(1e-4f));
        }
    }

    @Test
    void whatIsNotFiniteLeavesNoGradient() {
        try (PointerScope scope = new PointerScope()) {
            Tensor logits = torch.full(new long[] {1, 3}, new Scalar(Double.NaN));
            logits.set_requires_grad(true);

            double loss = CrossEntropy.backward(
                    logits.mul(new Scalar(1.0)),
                    AbstractTensor.create(new long[] {1}, 1),
                    AbstractTensor.create(new float[] {1}, 1));

            assertThat(loss).isNaN();
            assertThat(logits.grad().defined()).isFalse();
        }
    }

    /// Through the whole model, tied embedding included.
    @Test
    void throughTheModelItIsTheSameGradient() {
        try (PointerScope scope = new PointerScope()) {
            Parameters parameters = Tiny.busy(Tiny.model(2, true, true), 3);
            Decoder decoder = new Decoder(parameters, ScalarType.Float);
            Batch batch =
                    Batch.of(List.of(new Row(new int[] {1, 2, 3, 4}, new int[] {2, -1, 4, 5}, new int[] {0, 0, 1, 1})));
            double expected = batch.loss(decoder).item_double();
            batch.loss(decoder).backward();
            Map<String, float[]> gradients = new TreeMap<>();
            parameters.tensors().forEach((name, tensor) -> {
                gradients.put(name, Parameters.values(tensor.grad()));
                tensor.mutable_grad().reset();
            });

            double loss = batch.backward(decoder);

            assertThat(loss).isCloseTo(expected, within(1e-6));
            parameters.tensors().forEach((name, tensor) -> assertThat(Parameters.values(tensor.grad()))
                    .as(name)
                    .containsExactly(gradients.get(name), within(1e-5f)));
        }
    }
}
