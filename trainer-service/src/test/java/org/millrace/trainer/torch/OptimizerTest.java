package org.millrace.trainer.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OptimizerTest {

    /// `loss = ½·Σ(p − target)²`, whose gradient everybody can write down.
    @Test
    void adamFollowsItsFormula() {
        try (PointerScope scope = new PointerScope()) {
            Tensor p = torch.tensor(new float[] {1, -2, 3}).set_requires_grad(true);
            Tensor target = torch.tensor(new float[] {0, 0, 1});
            AdamW adam = new AdamW(List.of(p), 0.9, 0.95);
            double[] x = {1, -2, 3};
            double[] goal = {0, 0, 1};
            double[] m = new double[3];
            double[] v = new double[3];
            for (int step = 1; step <= 5; step++) {
                p.sub(target).square().sum().mul(new Scalar(0.5)).backward();
                adam.step(0.1, 0.01, torch.full(new long[] {}, new Scalar(1.0)));
                p.mutable_grad().zero_();
                for (int i = 0; i < 3; i++) {
                    double g = x[i] - goal[i];
                    m[i] = 0.9 * m[i] + 0.1 * g;
                    v[i] = 0.95 * v[i] + 0.05 * g * g;
                    x[i] *= 1 - 0.1 * 0.01;
                    x[i] -= 0.1
                            * (m[i] / (1 - Math.pow(0.9, step)))
                            / (Math.sqrt(v[i] / (1 - Math.pow(0.95, step))) + 1e-8);
                }
            }

            float[] actual = Parameters.values(p);
            for (int i = 0; i < 3; i++) {
                assertThat((double) actual[i]).isCloseTo(x[i], within(1e-5));
            }
        }
    }

    /// The documented bound: singular values of a random matrix end between 0.7 and 1.3.
    @ParameterizedTest
    @CsvSource({"32, 32", "48, 16", "16, 48"})
    void muonsUpdateIsNearlyOrthogonal(long rows, long columns) {
        try (PointerScope scope = new PointerScope()) {
            torch.manual_seed(1);
            Tensor random = torch.randn(3, rows, columns);

            Tensor values = torch.svd(Muon.orthogonal(random, ScalarType.Float)).get1();

            for (float value : Parameters.values(values)) {
                assertThat(value).isBetween(0.7f, 1.3f);
            }
        }
    }

    /// The orthogonal factor of UΣVᵀ is UVᵀ: with Σ removed by hand it is the same matrix, about.
    @Test
    void muonKeepsTheDirections() {
        try (PointerScope scope = new PointerScope()) {
            torch.manual_seed(2);
            Tensor random = torch.randn(1, 24, 16);
            var svd = torch.svd(random);
            Tensor expected = svd.get0().matmul(svd.get2().transpose(1, 2));

            Tensor actual = Muon.orthogonal(random, ScalarType.Float);

            double cosine = actual.mul(expected).sum().item_double()
                    / Math.sqrt(actual.square().sum().item_double()
                            * expected.square().sum().item_double());
            assertThat(cosine).isGreaterThan(0.98);
        }
    }
}
