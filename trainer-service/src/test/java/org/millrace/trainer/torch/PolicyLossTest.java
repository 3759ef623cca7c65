package org.millrace.trainer.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AbstractTensor;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class PolicyLossTest {

    private static Tensor tensor(double... values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            floats[i] = (float) values[i];
        }
        return AbstractTensor.create(floats, floats.length);
    }

    @Test
    void agreesWithTheLoop() {
        Random random = new Random(1);
        int n = 500;
        double[] now = random.doubles(n, -4, 0).toArray();
        double[] proximal = random.doubles(n, -4, 0).toArray();
        double[] behaviour = random.doubles(n, -4, 0).toArray();
        double[] advantages = random.doubles(n, -2, 2).toArray();
        double loss = 0;
        double clipped = 0;
        for (int i = 0; i < n; i++) {
            double ratio = Math.exp(now[i] - proximal[i]);
            double weight = Math.min(Math.exp(proximal[i] - behaviour[i]), 5);
            double free = -advantages[i] * ratio;
            double held = -advantages[i] * Math.max(0.8, Math.min(1.2, ratio));
            loss += weight * Math.max(free, held) / n;
            clipped += held > free ? 1.0 / n : 0;
        }

        try (PointerScope scope = new PointerScope()) {
            PolicyLoss.Policy policy =
                    PolicyLoss.policy(tensor(now), tensor(proximal), tensor(behaviour), tensor(advantages));

            assertThat(policy.loss().item_double()).isCloseTo(loss, within(1e-4));
            assertThat(policy.clipped().item_double()).isCloseTo(clipped, within(1e-6));
        }
    }

    /// When the tokens were drawn by the weights that are improved, it is PPO: no weights.
    @Test
    void withOneVersionOfWeightsItIsPlainPpo() {
        try (PointerScope scope = new PointerScope()) {
            Tensor proximal = tensor(-1, -2, -0.5);

            PolicyLoss.Policy policy = PolicyLoss.policy(tensor(-1, -2, -0.5), proximal, proximal, tensor(1, -2, 0.25));

            assertThat(policy.loss().item_double()).isCloseTo((-1 + 2 - 0.25) / 3, within(1e-6));
            assertThat(policy.weight().item_double()).isEqualTo(1);
            assertThat(policy.ratio().item_double()).isEqualTo(1);
            assertThat(policy.clipped().item_double()).isZero();
        }
    }

    /// Beyond the clip there is no gradient on the side that would go further, and a full one
    /// back.
    @Test
    void theClipStopsTheGradientOnOneSideOnly() {
        try (PointerScope scope = new PointerScope()) {
            Tensor now = tensor(-1, -1, -1, -1).set_requires_grad(true);
            Tensor proximal = tensor(-1.5, -1.5, -0.5, -0.5); // ratio 1.65, 1.65, 0.61, 0.61

            PolicyLoss.policy(now, proximal, proximal, tensor(1, -1, 1, -1))
                    .loss()
                    .backward();

            float[] gradient = Parameters.values(now.grad());
            assertThat(gradient[0]).isZero();
            assertThat(gradient[1]).isCloseTo((float) Math.exp(0.5) / 4, within(1e-5f));
            assertThat(gradient[2]).isCloseTo((float) -Math.exp(-0.5) / 4, within(1e-5f));
            assertThat(gradient[3]).isZero();
        }
    }

    @Test
    void absurdLogProbabilitiesStayFinite() {
        try (PointerScope scope = new PointerScope()) {
            PolicyLoss.Policy policy = PolicyLoss.policy(tensor(0), tensor(-1_000), tensor(-3_000), tensor(-1));

            assertThat(policy.loss().item_double()).isFinite();
            assertThat(policy.weight().item_double()).isEqualTo(5);
        }
    }

    @Test
    void theValueIsClippedAroundTheOldOne() {
        try (PointerScope scope = new PointerScope()) {
            double loss =
                    PolicyLoss.value(tensor(1, 0.1), tensor(0, 0), tensor(1, 1)).item_double();

            // first: free 0, held (0.2 − 1)²; second: inside the clip
            assertThat(loss).isCloseTo(0.5 * (0.64 + 0.81) / 2, within(1e-6));
        }
    }
}
