package org.millrace.trainer.torch;

import static org.bytedeco.pytorch.global.torch.stack;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// Momentum whose update is made orthogonal: `p ← p(1 − ηλ) − η·√max(1,
/// rows/columns)·polar((1−μ)g + μm)`.
///
/// All matrices of one shape are iterated on as one batch.
///
/// - **Error:** singular values of the update lie in 0.7 to 1.3 after five iterations, down to a
///   thousandth of the largest one; smaller ones stay small.
/// - **Source:** Jordan 2024 (Muon, Nesterov momentum); coefficients of Amsel et al. 2025, Polar
///   Express, arXiv:2505.16932.
final class Muon {

    /// Of `X ← aX + b(XXᵀ)X + c(XXᵀ)²X`, one line an iteration; the norm is divided by 1.02
    /// before, so that rounding does not push a singular value over 1.
    private static final double[][] POLAR_EXPRESS = {
        {8.156554524902461, -22.48329292557795, 15.878769915207462},
        {4.042929935166739, -2.808917465908714, 0.5000178451051316},
        {3.8916678022926607, -2.772484153217685, 0.5060648178503393},
        {3.285753657755655, -2.3681294933425376, 0.46449024233003106},
        {2.3465413258596377, -1.7097828382687081, 0.42323551169305323},
    };

    private final double momentum;
    private final ScalarType compute;
    private final List<Group> groups = new ArrayList<>();

    private record Group(List<Tensor> parameters, Tensor momenta) {}

    Muon(List<Tensor> matrices, double momentum, ScalarType compute) {
        this.momentum = momentum;
        this.compute = compute;
        Map<List<Long>, List<Tensor>> byShape = new LinkedHashMap<>();
        for (Tensor matrix : matrices) {
            byShape.computeIfAbsent(List.of(matrix.size(0), matrix.size(1)), shape -> new ArrayList<>())
                    .add(matrix);
        }
        for (List<Tensor> group : byShape.values()) {
            groups.add(new Group(group, stack(vector(group)).detach().zero_()));
        }
    }

    void tell(TrainingState state) {
        for (int i = 0; i < groups.size(); i++) {
            state.put("muon.momenta." + i, groups.get(i).momenta());
        }
    }

    /// One step on the gradients that are there.
    ///
    /// @param divisor of all gradients, (): for clipping
    void step(double rate, double decay, Tensor divisor) {
        for (Group group : groups) {
            try (PointerScope scope = new PointerScope();
                    NoGradGuard guard = new NoGradGuard()) {
                List<Tensor> gradients =
                        group.parameters().stream().map(Tensor::grad).toList();
                Tensor gradient = stack(vector(gradients)).div_(divisor); // (N, R, C)
                group.momenta().lerp_(gradient, new Scalar(1 - momentum)); // (N, R, C)
                Tensor ahead = gradient.lerp(group.momenta(), new Scalar(momentum)); // (N, R, C)
                Tensor update = orthogonal(ahead, compute); // (N, R, C)
                double rows = group.parameters().getFirst().size(0);
                double columns = group.parameters().getFirst().size(1);
                Scalar scale = new Scalar(-rate * Math.sqrt(Math.max(1, rows / columns)));
                for (int i = 0; i < group.parameters().size(); i++) {
                    Tensor parameter = group.parameters().get(i);
                    if (decay != 0) {
                        parameter.mul_(new Scalar(1 - rate * decay));
                    }
                    parameter.add_(update.select(0, i), scale);
                }
            }
        }
    }

    /// The orthogonal factor of each matrix of a batch, about.
    ///
    /// @param matrices (N, R, C)
    static Tensor orthogonal(Tensor matrices, ScalarType compute) {
        boolean tall = matrices.size(1) > matrices.size(2);
        Tensor x = tall ? matrices.transpose(1, 2) : matrices; // (N, S, L), S ≤ L
        Tensor norm = x.square()
                .sum(new long[] {1, 2}, true, new ScalarTypeOptional())
                .sqrt();
        x = x.div(norm.mul(new Scalar(1.02)).add(new Scalar(1e-7))).to(compute); // (N, S, L)
        for (double[] c : POLAR_EXPRESS) {
            Tensor a = x.matmul(x.transpose(1, 2)); // (N, S, S)
            Tensor b = a.mul(new Scalar(c[1])).add(a.matmul(a), new Scalar(c[2])); // (N, S, S)
            x = x.mul(new Scalar(c[0])).add(b.matmul(x)); // (N, S, L)
        }
        x = x.to(ScalarType.Float);
        return tall ? x.transpose(1, 2) : x; // (N, R, C)
    }

    private static TensorVector vector(List<Tensor> tensors) {
        return new TensorVector(tensors.toArray(Tensor[]::new));
    }
}
