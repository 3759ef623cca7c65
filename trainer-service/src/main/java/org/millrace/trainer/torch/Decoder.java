package org.millrace.trainer.torch;

import static org.bytedeco.pytorch.global.torch.cat;
import static org.bytedeco.pytorch.global.torch.chunk;
import static org.bytedeco.pytorch.global.torch.embedding;
import static org.bytedeco.pytorch.global.torch.linear;
import static org.bytedeco.pytorch.global.torch.rms_norm;
import static org.bytedeco.pytorch.global.torch.silu;
import static org.bytedeco.pytorch.global.torch.softmax;

import org.bytedeco.pytorch.AbstractTensor;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.millrace.checkpoint.ModelConfig;

/// The forward pass of a Llama-family decoder, top to bottom. It holds no state but its
/// parameters; gradients are libtorch's affair.
///
/// Shapes at line ends: B rows, T positions, C channels, H query heads, K key and value heads, D
/// channels of a head, F hidden channels, V vocabulary. Parameters are fp32; `compute` is the
/// type of matrix products. The residual stream, norms, softmax and logits' loss stay fp32.
final class Decoder {

    private final ModelConfig config;
    private final Parameters parameters;
    private final ScalarType compute;
    private final RotaryTable rotary;

    Decoder(Parameters parameters, ScalarType compute) {
        this.config = parameters.config();
        this.parameters = parameters;
        this.compute = compute;
        this.rotary = RotaryTable.of(config.context(), config.headWidth(), config.ropeTheta());
    }

    ModelConfig config() {
        return config;
    }

    Parameters parameters() {
        return parameters;
    }

    /// Channels at every position, after the last norm.
    ///
    /// @param ids (B, T)
    /// @param mask (B, 1, T, T): 0 where position i may look at j, a large negative number
    ///     elsewhere
    /// @return (B, T, C), fp32
    Tensor hidden(Tensor ids, Tensor mask) {
        long B = ids.size(0);
        long T = ids.size(1);
        Tensor cos = rotary.cos().narrow(0, 0, T); // (T, D)
        Tensor sin = rotary.sin().narrow(0, 0, T); // (T, D)
        Tensor h = embedding(weight("model.embed_tokens.weight"), ids); // (B, T, C)
        for (int layer = 0; layer < config.layers(); layer++) {
            String at = "model.layers." + layer + ".";
            Tensor a = norm(h, weight(at + "input_layernorm.weight")); // (B, T, C)
            h = h.add(attention(a, at + "self_attn.", mask, cos, sin, B, T)); // (B, T, C)
            Tensor m = norm(h, weight(at + "post_attention_layernorm.weight")); // (B, T, C)
            h = h.add(feedForward(m, at + "mlp.")); // (B, T, C)
        }
        return norm(h, weight("model.norm.weight")); // (B, T, C)
    }

    private Tensor attention(Tensor a, String at, Tensor mask, Tensor cos, Tensor sin, long B, long T) {
        long H = config.heads();
        long K = config.kvHeads();
        long D = config.headWidth();
        // One product for all three: fewer, larger operations are what few cores want.
        Tensor projections = cat(new TensorVector(
                weight(at + "q_proj.weight"),
                weight(at + "k_proj.weight"),
                weight(at + "v_proj.weight"))); // ((H+2K)·D, C)
        Tensor qkv = product(a, projections).view(B, T, H + 2 * K, D).transpose(1, 2); // (B, H+2K, T, D)
        Tensor qk = qkv.narrow(1, 0, H + K); // (B, H+K, T, D)
        Tensor v = qkv.narrow(1, H + K, K); // (B, K, T, D)
        if (config.qkNorm()) {
            Tensor q = norm(qk.narrow(1, 0, H), weight(at + "q_norm.weight")); // (B, H, T, D)
            Tensor k = norm(qk.narrow(1, H, K), weight(at + "k_norm.weight")); // (B, K, T, D)
            qk = cat(new TensorVector(q, k), 1); // (B, H+K, T, D)
        }
        qk = rotate(qk, cos, sin).to(compute); // (B, H+K, T, D)
        Tensor q = qk.narrow(1, 0, H); // (B, H, T, D)
        Tensor k = repeated(qk.narrow(1, H, K)); // (B, H, T, D)
        // Not scaled_dot_product_attention: on the CPU its bf16 product is naive (docs/log.md).
        Tensor scores = q.matmul(k.transpose(-1, -2)); // (B, H, T, T)
        scores = scores.mul(new Scalar(1 / Math.sqrt(D))).add(mask); // (B, H, T, T)
        Tensor shares = softmax(scores, -1).to(compute); // (B, H, T, T)
        Tensor mixed = shares.matmul(repeated(v)); // (B, H, T, D)
        Tensor joined = mixed.transpose(1, 2).reshape(B, T, H * D); // (B, T, H·D)
        return product(joined, weight(at + "o_proj.weight")); // (B, T, C)
    }

    private Tensor feedForward(Tensor m, String at) {
        Tensor weights =
                cat(new TensorVector(weight(at + "gate_proj.weight"), weight(at + "up_proj.weight"))); // (2F, C)
        TensorVector gateUp = chunk(product(m, weights), 2, -1); // 2 × (B, T, F)
        Tensor gated = silu(gateUp.get(0)).mul(gateUp.get(1)); // (B, T, F)
        return product(gated, weight(at + "down_proj.weight")); // (B, T, C)
    }

    /// Scores of every next token.
    ///
    /// @param hidden (…, C)
    /// @return (…, V), fp32
    Tensor logits(Tensor hidden) {
        String output = config.tied() ? "model.embed_tokens.weight" : "lm_head.weight";
        return product(hidden, weight(output)).to(ScalarType.Float); // (…, V)
    }

    /// The scalar head, before the normalisation by `rewardMean` and `rewardDeviation`.
    ///
    /// @param hidden (…, C)
    /// @return (…), fp32
    Tensor scores(Tensor hidden) {
        return linear(hidden, weight("score.weight")).squeeze(-1); // (…)
    }

    /// `x / √(mean(x²) + ε) · weight` over the last dimension.
    private Tensor norm(Tensor x, Tensor weight) {
        return rms_norm(
                x.to(ScalarType.Float),
                new long[] {x.size(-1)},
                new TensorOptional(weight),
                new DoubleOptional(config.normEpsilon()));
    }

    /// Half-rotation as Hugging Face has it: channel i turns with channel i + D/2.
    private static Tensor rotate(Tensor x, Tensor cos, Tensor sin) {
        TensorVector halves = chunk(x, 2, -1); // 2 × (…, T, D/2)
        Tensor turned = cat(new TensorVector(halves.get(1).neg(), halves.get(0)), -1); // (…, T, D)
        return x.mul(cos).add(turned.mul(sin)); // (…, T, D)
    }

    /// Key and value heads, each as often as queries share it.
    private Tensor repeated(Tensor heads) {
        long times = config.heads() / config.kvHeads();
        return times == 1
                ? heads
                : heads.repeat_interleave(times, new LongOptional(1), new LongOptional()); // (B, H, T, D)
    }

    private Tensor product(Tensor x, Tensor weight) {
        return linear(x.to(compute), weight.to(compute));
    }

    private Tensor weight(String name) {
        return parameters.get(name);
    }

    /// Cosines and sines of `position · theta^(−2i/D)`, each frequency twice, as the
    /// half-rotation wants them.
    private record RotaryTable(Tensor cos, Tensor sin) {

        static RotaryTable of(int context, int headWidth, double theta) {
            float[] cos = new float[context * headWidth];
            float[] sin = new float[context * headWidth];
            for (int position = 0; position < context; position++) {
                for (int i = 0; i < headWidth; i++) {
                    double angle = position * Math.pow(theta, -2.0 * (i % (headWidth / 2)) / headWidth);
                    cos[position * headWidth + i] = (float) Math.cos(angle);
                    sin[position * headWidth + i] = (float) Math.sin(angle);
                }
            }
            return new RotaryTable(
                    AbstractTensor.create(cos, context, headWidth), AbstractTensor.create(sin, context, headWidth));
        }
    }
}
