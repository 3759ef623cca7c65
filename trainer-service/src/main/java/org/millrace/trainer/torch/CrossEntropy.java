package org.millrace.trainer.torch;

import static org.bytedeco.pytorch.global.torch.empty_like;
import static org.bytedeco.pytorch.global.torch.log_softmax;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// Loss and gradient of next-token prediction, some rows at a time, so that the logits of a batch
/// never exist at once in fp32: `nats = log Σⱼ exp zⱼ − z_label`, `∂ nats / ∂ zⱼ = softmax(z)ⱼ − [j
/// = label]`.
///
/// The logits stay in the type of the matrix product that made them, and so does their gradient;
/// all between is fp32 in the cache. Left to autograd, the same takes three fp32 tensors of the
/// size of all logits.
final class CrossEntropy {

    /// Numbers of a chunk: 4 MiB in fp32, which a core's share of the cache holds.
    private static final long CHUNK = 1 << 20;

    private CrossEntropy() {}

    /// Nats of each label, without gradients.
    ///
    /// @param logits (N, V), any floating type
    /// @param labels (N)
    /// @return (N), fp32
    static Tensor nats(Tensor logits, Tensor labels) {
        Tensor nats = labels.to(ScalarType.Float); // (N), overwritten
        try (NoGradGuard guard = new NoGradGuard()) {
            inChunks(logits, (start, count) -> {
                Tensor shares = shares(logits, start, count); // (n, V)
                nats.narrow(0, start, count).copy_(of(shares, labels.narrow(0, start, count)));
            });
        }
        return nats;
    }

    /// Backward from `Σ weights · nats` through what made the logits.
    ///
    /// @param logits (N, V), with a graph
    /// @param labels (N)
    /// @param weights (N)
    /// @return the sum; if it is not finite, nothing was propagated
    static double backward(Tensor logits, Tensor labels, Tensor weights) {
        Tensor gradient;
        Tensor nats = labels.to(ScalarType.Float); // (N), overwritten
        double loss;
        try (NoGradGuard guard = new NoGradGuard()) {
            gradient = empty_like(logits); // (N, V)
            inChunks(logits, (start, count) -> {
                Tensor label = labels.narrow(0, start, count); // (n)
                Tensor weight = weights.narrow(0, start, count).unsqueeze(1); // (n, 1)
                Tensor shares = shares(logits, start, count); // (n, V)
                nats.narrow(0, start, count).copy_(of(shares, label));
                shares.exp_().mul_(weight).scatter_add_(1, label.unsqueeze(1), weight.neg()); // (n, V)
                gradient.narrow(0, start, count).copy_(shares);
            });
            loss = nats.dot(weights).item_double();
        }
        if (Double.isFinite(loss)) {
            logits.backward(gradient, new BoolOptional(), false, new TensorArrayRefOptional());
        }
        return loss;
    }

    /// Logarithms of the shares of some rows, (n, V), fp32.
    private static Tensor shares(Tensor logits, long start, long count) {
        return log_softmax(logits.narrow(0, start, count).to(ScalarType.Float), -1);
    }

    private static Tensor of(Tensor shares, Tensor labels) {
        return shares.gather(1, labels.unsqueeze(1)).squeeze(1).neg(); // (n)
    }

    private interface Chunk {
        void at(long start, long count);
    }

    private static void inChunks(Tensor logits, Chunk work) {
        long rows = logits.size(0);
        long most = Math.max(1, CHUNK / logits.size(1));
        for (long start = 0; start < rows; start += most) {
            try (PointerScope chunk = new PointerScope()) {
                work.at(start, Math.min(most, rows - start));
            }
        }
    }
}
