package org.millrace.trainer.torch;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.Type;
import org.bytedeco.pytorch.global.torch;

/// Adam with decoupled weight decay, fp32, in place: `m ← β₁m + (1−β₁)g`, `v ← β₂v + (1−β₂)g²`,
/// `p ← p(1 − ηλ) − η·(m/(1−β₁ᵗ)) / (√(v/(1−β₂ᵗ)) + ε)`.
///
/// - **Source:** Loshchilov and Hutter 2019, arXiv:1711.05101.
///
/// All of it is one pass over memory, by libtorch's fused kernel. The kernel has no name in the
/// Java binding, so it is called by its schema; its own optimizer class does not use it.
final class AdamW {

    private static final double EPSILON = 1e-8;

    private final List<Tensor> parameters;
    private final List<Tensor> means = new ArrayList<>();
    private final List<Tensor> squares = new ArrayList<>();
    private final double beta1;
    private final double beta2;
    private final OperatorHandle kernel = Dispatcher.singleton().findSchemaOrThrow("aten::_fused_adamw_", "");
    private final Type.TypePtr tensorType =
            kernel.schema().arguments().type().get().containedType(0); // the first argument is a Tensor[]
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

    /// @param name of these parameters among the optimizer's
    void tell(String name, TrainingState state) {
        state.put(name, steps);
        for (int i = 0; i < parameters.size(); i++) {
            state.put("%s.mean.%d".formatted(name, i), means.get(i));
            state.put("%s.square.%d".formatted(name, i), squares.get(i));
        }
    }

    void take(String name, TrainingState state) {
        steps = (long) state.numbers(name)[0];
    }

    /// One step on the gradients that are there.
    ///
    /// @param divisor of all gradients, (): for clipping; they are left divided
    void step(double rate, double decay, Tensor divisor) {
        steps++;
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            GenericList moved = new GenericList(tensorType);
            GenericList gradients = new GenericList(tensorType);
            GenericList firsts = new GenericList(tensorType);
            GenericList seconds = new GenericList(tensorType);
            GenericList counts = new GenericList(tensorType);
            IValue count = new IValue(torch.full(new long[] {}, new Scalar((double) steps)));
            for (int i = 0; i < parameters.size(); i++) {
                Tensor gradient = parameters.get(i).grad();
                if (gradient.defined()) {
                    moved.push_back(new IValue(parameters.get(i)));
                    gradients.push_back(new IValue(gradient));
                    firsts.push_back(new IValue(means.get(i)));
                    seconds.push_back(new IValue(squares.get(i)));
                    counts.push_back(count);
                }
            }
            if (moved.empty()) {
                return;
            }
            kernel.callBoxed(new IValueVector(
                    new IValue(moved),
                    new IValue(gradients),
                    new IValue(firsts),
                    new IValue(seconds),
                    new IValue(new GenericList(tensorType)), // of amsgrad
                    new IValue(counts),
                    new IValue(rate),
                    new IValue(beta1),
                    new IValue(beta2),
                    new IValue(decay),
                    new IValue(EPSILON),
                    new IValue(false), // amsgrad
                    new IValue(false), // maximize
                    new IValue(divisor),
                    new IValue())); // found_inf
        }
    }
}
