package org.millrace.trainer.torch;

import static org.bytedeco.pytorch.global.torch.clamp;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// The two losses of PPO on drawn tokens, and what they tell about the step.
final class PolicyLoss {

    /// ε of the policy's ratio and of the value, in reward units.
    static final double CLIP = 0.2;

    /// Largest importance weight of a token that older weights drew.
    static final double MAX_WEIGHT = 5;

    /// Log-ratios beyond this are rounding and accidents; `exp` must stay finite.
    private static final double MAX_LOG_RATIO = 20;

    private PolicyLoss() {}

    /// What the policy's loss saw; means over tokens.
    ///
    /// @param loss (), nats weighted by advantages
    /// @param clipped share of tokens whose ratio left 1 ± ε on the side that has no gradient
    /// @param approximateKl ½·mean(Δ²) of the update so far, nats a token
    /// @param ratio mean
    /// @param weight mean importance weight of behaviour to proximal policy
    record Policy(Tensor loss, Tensor clipped, Tensor approximateKl, Tensor ratio, Tensor weight) {}

    /// Decoupled PPO: `mean(w·max(−A·ρ, −A·clip(ρ, 1 ± ε)))` with `ρ = π/π_prox` and `w =
    /// min(π_prox/π_behaviour, 5)`. With one version of weights w is 1, and it is PPO.
    ///
    /// - **Shapes:** all (N): drawn tokens of a minibatch.
    /// - **Source:** Schulman et al. 2017, arXiv:1707.06347; Hilton et al. 2021,
    ///   arXiv:2110.00641.
    ///
    /// @param logProbs of the policy that learns, with gradients
    /// @param proximal of the policy when this round's update began
    /// @param behaviour of the policy that drew the tokens
    /// @param advantages whitened
    static Policy policy(Tensor logProbs, Tensor proximal, Tensor behaviour, Tensor advantages) {
        Tensor change = logProbs.sub(proximal); // (N)
        Tensor ratio = bounded(change, MAX_LOG_RATIO).exp(); // (N)
        Tensor weight = bounded(proximal.sub(behaviour), MAX_LOG_RATIO).exp().clamp_max(new Scalar(MAX_WEIGHT)); // (N)
        Tensor losing = advantages.neg(); // (N)
        Tensor free = losing.mul(ratio); // (N)
        Tensor held = losing.mul(clamp(
                ratio, new ScalarOptional(new Scalar(1 - CLIP)), new ScalarOptional(new Scalar(1 + CLIP)))); // (N)
        Tensor loss = weight.mul(free.maximum(held)).mean(); // ()
        return new Policy(
                loss,
                held.gt(free).to(ScalarType.Float).mean(),
                change.detach().square().mean().mul(new Scalar(0.5)),
                ratio.detach().mean(),
                weight.mean());
    }

    /// Clipped value loss: `½·mean(max((V − R)², (clip(V, V_old ± ε) − R)²))`.
    ///
    /// @param values of the critic that learns, with gradients, (N)
    /// @param old of the critic when this round's update began, (N)
    /// @param returns what the values should have been, (N)
    static Tensor value(Tensor values, Tensor old, Tensor returns) {
        Tensor near = old.add(bounded(values.sub(old), CLIP)); // (N)
        Tensor free = values.sub(returns).square(); // (N)
        Tensor held = near.sub(returns).square(); // (N)
        return free.maximum(held).mean().mul(new Scalar(0.5)); // ()
    }

    private static Tensor bounded(Tensor x, double bound) {
        return clamp(x, new ScalarOptional(new Scalar(-bound)), new ScalarOptional(new Scalar(bound)));
    }
}
