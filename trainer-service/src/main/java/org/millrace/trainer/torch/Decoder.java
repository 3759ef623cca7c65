package org.millrace.trainer.torch;

import static org.bytedeco.pytorch.global.torch.cat;
import static org.bytedeco.pytorch.global.torch.chunk;
import static org.bytedeco.pytorch.global.torch.embedding;
import static org.bytedeco.pytorch.global.torch.linear;
import static org.bytedeco.pytorch.global.torch.rms_norm;
import static org.bytedeco.pytorch.global.torch.silu;
import static org.bytedeco.pytorch.global.torch.softmax;
import static org.bytedeco.pytorch.global.torch.split_with_sizes;

import java.util.Optional;
import org.bytedeco.pytorch.AbstractTensor;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.millrace.checkpoint.ModelConfig;

/// The forward pass of a Llama-family decoder, top to bottom. It holds no state but its
/// parameters; gradients are the affair of libtorch, or of [Backpropagation] where that serves.
///
/// Shapes at line ends: B rows, T positions, C channels, H query heads, K key and value heads, D
/// channels of a head, F hidden channels, V vocabulary. Parameters are fp32; `compute` is the
/// type of matrix products, and so of attention's scores and shares. The residual stream, norms and
/// the loss stay fp32.
final class Decoder {

    private final ModelConfig config;
    private final Parameters parameters;
    private final ScalarType compute;
    private final boolean recomputes;
    private final RotaryTable queryTurn;
    private final RotaryTable keyTurn;
    private final Optional<Backpropagation> kernels;

    Decoder(Parameters parameters, ScalarType compute) {
        this(parameters, compute, false);
    }

    /// @param recomputes whether a backward pass runs each block again, see [Recomputation]
    Decoder(Parameters parameters, ScalarType compute, boolean recomputes) {
        this.config = parameters.config();
        this.parameters = parameters;
        this.compute = compute;
        this.recomputes = recomputes;
        this.queryTurn = RotaryTable.of(config, 1 / Math.sqrt(config.headWidth()), compute);
        this.keyTurn = RotaryTable.of(config, 1, compute);
        this.kernels = Backpropagation.serves(config, compute)
                ? Optional.of(new Backpropagation(parameters, recomputes))
                : Optional.empty();
    }

    ModelConfig config() {
        return config;
    }

    Parameters parameters() {
        return parameters;
    }

    ScalarType compute() {
        return compute;
    }

    boolean recomputes() {
        return recomputes;
    }

    /// The same model's next-token loss and gradients without autograd, where there are kernels for it.
    Optional<Backpropagation> kernels() {
        return kernels;
    }

    /// Channels at every position, after the last norm.
    ///
    /// @param ids (B, T)
    /// @param mask (B, 1, T, T): 0 where position i may look at j, a large negative number
    ///     elsewhere
    /// @return (B, T, C), fp32
    Tensor hidden(Tensor ids, Tensor mask) {
        Tensor hidden = mask.to(compute); // (B, 1, T, T)
        Tensor h = embedded(ids); // (B, T, C)
        for (int layer = 0; layer < config.layers(); layer++) {
            h = block(layer, h, hidden); // (B, T, C)
        }
        return last(h); // (B, T, C)
    }

    /// @param ids (B, T)
    Tensor embedded(Tensor ids) {
        return embedding(weight("model.embed_tokens.weight"), ids); // (B, T, C)
    }

    /// @param h (B, T, C)
    /// @param mask (B, 1, T, T), in the type of matrix products
    Tensor block(int layer, Tensor h, Tensor mask) {
        String at = "model.layers." + layer + ".";
        Tensor a = norm(h, weight(at + "input_layernorm.weight")); // (B, T, C)
        h = h.add(attention(a, at + "self_attn.", mask)); // (B, T, C)
        Tensor m = norm(h, weight(at + "post_attention_layernorm.weight")); // (B, T, C)
        return h.add(feedForward(m, at + "mlp.")); // (B, T, C)
    }

    /// @param h (B, T, C)
    Tensor last(Tensor h) {
        return norm(h, weight("model.norm.weight")); // (B, T, C)
    }

    private Tensor attention(Tensor a, String at, Tensor mask) {
        long B = a.size(0);
        long T = a.size(1);
        long H = config.heads();
        long K = config.kvHeads();
        long D = config.headWidth();
        // One product for all three: fewer, larger operations are what few cores want.
        Tensor projections =
                cat(factors(at + "q_proj.weight", at + "k_proj.weight", at + "v_proj.weight")); // ((H+2K)·D, C)
        Tensor qkv = product(a, projections).view(B, T, H + 2 * K, D).transpose(1, 2); // (B, H+2K, T, D)
        TensorVector parts = split_with_sizes(qkv, new long[] {H, K, K}, 1);
        Tensor q = parts.get(0); // (B, H, T, D)
        Tensor k = parts.get(1); // (B, K, T, D)
        if (config.qkNorm()) {
            q = norm(q, weight(at + "q_norm.weight")).to(compute);
            k = norm(k, weight(at + "k_norm.weight")).to(compute);
        }
        q = queryTurn.of(q); // (B, H, T, D), times 1/√D
        k = repeated(keyTurn.of(k)); // (B, H, T, D)
        Tensor v = repeated(parts.get(2)); // (B, H, T, D)
        // Not scaled_dot_product_attention: on the CPU its bf16 product is naive (docs/log.md).
        Tensor scores = q.matmul(k.transpose(-1, -2)).add_(mask); // (B, H, T, T)
        Tensor shares = softmax(scores, -1); // (B, H, T, T)
        Tensor mixed = shares.matmul(v); // (B, H, T, D)
        Tensor joined = mixed.transpose(1, 2).reshape(B, T, H * D); // (B, T, H·D)
        return product(joined, weight(at + "o_proj.weight")); // (B, T, C)
    }

    private Tensor feedForward(Tensor m, String at) {
        Tensor weights = cat(factors(at + "gate_proj.weight", at + "up_proj.weight")); // (2F, C)
        TensorVector gateUp = chunk(product(m, weights), 2, -1); // 2 × (B, T, F)
        Tensor gated = silu(gateUp.get(0)).mul(gateUp.get(1)); // (B, T, F)
        return product(gated, weight(at + "down_proj.weight")); // (B, T, C)
    }

    /// Scores of every next token.
    ///
    /// @param hidden (…, C)
    /// @return (…, V), fp32
    Tensor logits(Tensor hidden) {
        return output(hidden).to(ScalarType.Float); // (…, V)
    }

    /// The same, in the type of matrix products.
    Tensor output(Tensor hidden) {
        String output = config.tied() ? "model.embed_tokens.weight" : "lm_head.weight";
        return product(hidden, weight(output)); // (…, V)
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

    /// Weights in the type of matrix products: cast before they are joined, which moves half as
    /// many bytes.
    private TensorVector factors(String... names) {
        TensorVector factors = new TensorVector();
        for (String name : names) {
            factors.push_back(weight(name).to(compute));
        }
        return factors;
    }

    private Tensor weight(String name) {
        return parameters.get(name);
    }

    /// Cosines and sines of `position · theta^(−2i/D)`, each frequency twice, as the
    /// half-rotation wants them, in the type of matrix products.
    private record RotaryTable(Tensor cos, Tensor sin) {

        /// @param scale on everything that is turned
        static RotaryTable of(ModelConfig config, double scale, ScalarType compute) {
            int context = config.context();
            int D = config.headWidth();
            float[] cos = new float[context * D];
            float[] sin = new float[context * D];
            for (int position = 0; position < context; position++) {
                for (int i = 0; i < D; i++) {
                    double angle = position * Math.pow(config.ropeTheta(), -2.0 * (i % (D / 2)) / D);
                    cos[position * D + i] = (float) (scale * Math.cos(angle));
                    sin[position * D + i] = (float) (scale * Math.sin(angle));
                }
            }
            return new RotaryTable(
                    AbstractTensor.create(cos, context, D).to(compute),
                    AbstractTensor.create(sin, context, D).to(compute));
        }

        /// Half-rotation as Hugging Face has it: channel i turns with channel i + D/2.
        ///
        /// @param x (…, T, D)
        Tensor of(Tensor x) {
            TensorVector halves = chunk(x, 2, -1); // 2 × (…, T, D/2)
            Tensor turned = cat(new TensorVector(halves.get(1).neg(), halves.get(0)), -1); // (…, T, D)
            long T = x.size(-2);
            return x.mul(cos.narrow(0, 0, T)).add(turned.mul(sin.narrow(0, 0, T))); // (…, T, D)
        }
    }
}
