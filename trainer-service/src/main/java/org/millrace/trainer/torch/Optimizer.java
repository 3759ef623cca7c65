package org.millrace.trainer.torch;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoublePredicate;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.millrace.trainer.Rates;

/// Moves the parameters of one model: matrices of the blocks by Muon or AdamW, embedding and
/// heads by AdamW, norms by AdamW without decay. Clips the norm of all gradients.
final class Optimizer implements TrainingState.Part {

    private static final double BETA1 = 0.9;
    private static final double BETA2 = 0.95;
    private static final double MOMENTUM = 0.95;

    private final Rates rates;
    private final List<Tensor> everything;
    private final Parameters parameters;
    private final @Nullable Muon muon;
    private final AdamW matrices;
    private final AdamW embeddings;
    private final AdamW norms;

    Optimizer(Parameters parameters, Rates rates, ScalarType compute) {
        this.rates = rates;
        this.parameters = parameters;
        List<Tensor> blocks = new ArrayList<>();
        List<Tensor> outer = new ArrayList<>();
        List<Tensor> vectors = new ArrayList<>();
        parameters.tensors().forEach((name, tensor) -> {
            if (tensor.dim() == 1) {
                vectors.add(tensor);
            } else if (name.startsWith("model.layers.")) {
                blocks.add(tensor);
            } else {
                outer.add(tensor);
            }
        });
        this.everything = List.copyOf(parameters.tensors().values());
        this.muon = rates.muon() ? new Muon(blocks, MOMENTUM, compute) : null;
        this.matrices = new AdamW(rates.muon() ? List.of() : blocks, BETA1, BETA2);
        this.embeddings = new AdamW(outer, BETA1, BETA2);
        this.norms = new AdamW(vectors, BETA1, BETA2);
    }

    Parameters parameters() {
        return parameters;
    }

    /// The parameters are among what it tells.
    @Override
    public void tell(TrainingState state) {
        parameters.tensors().forEach(state::put);
        matrices.tell("adam.matrices", state);
        embeddings.tell("adam.embeddings", state);
        norms.tell("adam.norms", state);
        if (muon != null) {
            muon.tell(state);
        }
    }

    @Override
    public void take(TrainingState state) {
        matrices.take("adam.matrices", state);
        embeddings.take("adam.embeddings", state);
        norms.take("adam.norms", state);
    }

    /// One step on the gradients that `backward` left, unless their norm is not finite; then they
    /// are dropped. Where there are none, or all are 0, nothing moves either.
    ///
    /// @param factor on all rates, from the schedule
    /// @return norm of all gradients before clipping
    double step(double factor) {
        return step(factor, norm -> false);
    }

    /// The same, but the gradients are also dropped if their norm is refused.
    double step(double factor, DoublePredicate refused) {
        double norm = norm();
        if (Double.isFinite(norm) && norm > 0 && !refused.test(norm)) {
            try (PointerScope scope = new PointerScope()) {
                Tensor divisor = torch.full(new long[] {}, new Scalar(Math.max(1, norm / rates.maxNorm()))); // ()
                if (muon != null) {
                    muon.step(rates.matrices() * factor, rates.decay(), divisor);
                }
                matrices.step(rates.matrices() * factor, rates.decay(), divisor);
                embeddings.step(rates.rest() * factor, rates.decay(), divisor);
                norms.step(rates.rest() * factor, 0, divisor);
            }
        }
        clear();
        return norm;
    }

    private double norm() {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            TensorVector norms = new TensorVector();
            for (Tensor parameter : everything) {
                Tensor gradient = parameter.grad();
                if (gradient.defined()) {
                    norms.push_back(torch.norm(gradient));
                }
            }
            return norms.empty() ? 0 : torch.norm(torch.stack(norms)).item_double();
        }
    }

    /// Forgets the gradients: the next ones need not be added to anything.
    void clear() {
        for (Tensor parameter : everything) {
            parameter.mutable_grad().reset();
        }
    }
}
