package org.millrace.trainer.torch;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;

/// The loss of a batch and its gradients in the memory of one block: forward, each block leaves only its
/// input behind; backward, each is run again from that input, with a graph this time.
///
/// ```text
/// forward    embedding ─▶ x₀ ─ block 0 ─▶ x₁ ─ … ─ block L−1 ─▶ x_L        no graph
/// head                                                    x_L ─▶ loss ─▶ ∂x_L
/// backward   ids ─▶ ∂embedding ◀─ ∂x₀ ◀─ block 0 again ◀─ … ◀─ block L−1 again ◀┘
/// ```
///
/// It keeps `4 · L · C` bytes a position and what one block keeps, in the place of what L blocks keep, for
/// one more forward pass of the blocks: about a third more of their multiplications. The gradients are
/// those of the whole graph to the last bit: the same kernels see the same numbers, and what is added up is
/// added up in the same order.
///
/// - **Source:** Chen et al. 2016, Training Deep Nets with Sublinear Memory Cost, arXiv:1604.06174.
///
/// By hand, as the Java binding has no autograd function that could be written in Java.
final class Recomputation {

    private Recomputation() {}

    /// @return nats; if they are not finite, there are no gradients of this batch
    static double backward(Decoder decoder, Batch batch) {
        Tensor mask = batch.mask().to(decoder.compute()); // (B, 1, T, T)
        Deque<Tensor> inputs = forward(decoder, batch, mask);
        // The embedding may be the output projection too: its gradients of this batch add up first.
        Tensor embedding = decoder.parameters().get("model.embed_tokens.weight"); // (V, C)
        Optional<Tensor> before = taken(embedding);
        Tensor gradient;
        double loss;
        try (PointerScope head = new PointerScope();
                Tensor end = inputs.removeLast()) {
            Tensor output = leaf(end); // (B, T, C)
            Tensor logits = decoder.output(batch.wanted(decoder.last(output))); // (N, V)
            loss = CrossEntropy.backward(logits, batch.labels(), batch.weights());
            if (!Double.isFinite(loss)) {
                inputs.forEach(Tensor::close);
                before.ifPresent(gradients -> add(embedding, gradients));
                return loss;
            }
            gradient = kept(output.grad().detach()); // (B, T, C)
        }
        for (int layer = decoder.config().layers() - 1; layer >= 0; layer--) {
            try (PointerScope block = new PointerScope();
                    Tensor start = inputs.removeLast();
                    Tensor ofOutput = gradient) {
                Tensor input = leaf(start); // (B, T, C)
                backward(decoder.block(layer, input, mask), ofOutput);
                gradient = kept(input.grad().detach()); // (B, T, C)
            }
        }
        try (Tensor ofEmbedded = gradient) {
            backward(decoder.embedded(batch.ids()), ofEmbedded);
        }
        before.ifPresent(gradients -> add(embedding, gradients));
        return loss;
    }

    /// @return inputs of the blocks and, behind them, the output of the last one, (B, T, C) each; they
    ///     belong to no scope
    private static Deque<Tensor> forward(Decoder decoder, Batch batch, Tensor mask) {
        Deque<Tensor> inputs = new ArrayDeque<>();
        try (NoGradGuard guard = new NoGradGuard()) {
            try (PointerScope start = new PointerScope()) {
                inputs.addLast(kept(decoder.embedded(batch.ids())));
            }
            for (int layer = 0; layer < decoder.config().layers(); layer++) {
                try (PointerScope block = new PointerScope()) {
                    inputs.addLast(kept(decoder.block(layer, inputs.getLast(), mask)));
                }
            }
        }
        return inputs;
    }

    private static void backward(Tensor output, Tensor gradient) {
        output.backward(gradient, new BoolOptional(), false, new TensorArrayRefOptional());
    }

    /// A tensor that outlives its scope, until it is closed.
    private static Tensor kept(Tensor tensor) {
        return tensor.retainReference();
    }

    /// The same numbers, where a graph begins.
    private static Tensor leaf(Tensor tensor) {
        Tensor leaf = tensor.detach();
        leaf.set_requires_grad(true);
        return leaf;
    }

    /// The gradient of the batches before, which the parameter has no longer.
    private static Optional<Tensor> taken(Tensor parameter) {
        if (!parameter.grad().defined()) {
            return Optional.empty();
        }
        Tensor gradient = parameter.grad().detach();
        parameter.mutable_grad().reset();
        return Optional.of(gradient);
    }

    private static void add(Tensor parameter, Tensor gradient) {
        try (NoGradGuard guard = new NoGradGuard()) {
            if (parameter.grad().defined()) {
                parameter.mutable_grad().add_(gradient);
            } else {
                parameter.mutable_grad().put(gradient);
            }
        }
    }
}
