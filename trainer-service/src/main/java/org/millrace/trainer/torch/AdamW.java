package org.millrace.trainer.torch;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Adam with decoupled weight decay, fp32, in place: `m ← β₁m + (1−β₁)g`, `v ← β₂v + (1−β₂)g²`,
/// `p ← p(1 − ηλ) − η·(m/(1−β₁ᵗ)) / (√(v/(1−β₂ᵗ)) + ε)`.
///
/// - **Source:** Loshchilov and Hutter 2019, arXiv:1711.05101.
///
/// libtorch has an AdamW too; here the rate and the decay are arguments of a step, because a
/// schedule changes them.
final class AdamW {

    private static final double EPSILON = 1e-8;

    private final List<Tensor> parameters;
    private final List<Tensor> means = new ArrayList<>();
    private final List<Tensor> squares = new ArrayList<>();
    private final double beta1;
    private final double beta2;
    private long steps;

    AdamW(List<Tensor> parameters, double beta1, double beta2) {
        this.parameters = List.copyOf(parameters);
        this.beta1 = beta1;
        this.beta2 = beta2;
        for (Tensor parameter : parameters) {
            means.add(torch.zeros(parameter.shape()));
            squares.add(torch.zeros(parameter.shape()));
        }
    }

    /// One step on the gradients that are there.
    void step(double rate, double decay) {
        steps++;
        double correction1 = 1 - Math.pow(beta1, steps);
        double correction2 = Math.sqrt(1 - Math.pow(beta2, steps));
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            for (int i = 0; i < parameters.size(); i++) {
                Tensor parameter = parameters.get(i);
                Tensor gradient = parameter.grad();
                Tensor mean = means.get(i);
                Tensor square = squares.get(i);
                mean.lerp_(gradient, new Scalar(1 - beta1));
                square.mul_(new Scalar(beta2)).addcmul_(gradient, gradient, new Scalar(1 - beta2));
                if (decay != 0) {
                    parameter.mul_(new Scalar(1 - rate * decay));
                }
                Tensor root = square.sqrt().div_(new Scalar(correction2)).add_(new Scalar(EPSILON));
                parameter.addcdiv_(mean, root, new Scalar(-rate / correction1));
            }
        }
    }
}
