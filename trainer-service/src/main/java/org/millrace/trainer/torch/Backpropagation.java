package org.millrace.trainer.torch;

import static org.bytedeco.pytorch.global.torch.bmm;
import static org.bytedeco.pytorch.global.torch.empty;
import static org.bytedeco.pytorch.global.torch.mm;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.trainer.torch.kernel.Gate;
import org.millrace.trainer.torch.kernel.Kernels;
import org.millrace.trainer.torch.kernel.Loss;
import org.millrace.trainer.torch.kernel.Norm;
import org.millrace.trainer.torch.kernel.Rotation;
import org.millrace.trainer.torch.kernel.Shares;

/// The loss of a batch and its gradients without autograd: the products of [Decoder] in bf16, and all
/// between two products in one pass over memory by a kernel of our own. It computes what the decoder's
/// graph does, but for roundings: here a number becomes bf16 where a product reads it, and nowhere else.
///
/// ```text
/// x ─ norm ─ a ─▶ qkv ─ turn ─▶ scores ─ shares ─▶ mixed ─▶ o ─┬─ norm ─ m ─▶ gate, up ─ gate ─▶ down ─┐
/// └────────────────────────────────────────────────────────────+                             └─────────+─▶ x
/// ```
///
/// Queries go through attention in blocks, each with the keys up to its end: what lies ahead is neither
/// multiplied nor kept.
///
/// It serves models whose rows fill the processor's lanes, see [#serves]; autograd serves all others, and
/// all that is not next-token prediction in bf16.
final class Backpropagation {

    /// Widths and lengths are multiples of it.
    private static final int LANES = Kernels.MOST;

    /// Queries of a block: half of what lies ahead in a row of 256 is left out, and products stay large.
    private static final int QUERIES = 128;

    private final Parameters parameters;
    private final ModelConfig config;
    private final boolean recomputes;
    private final int queries;
    private final int C;
    private final int H;
    private final int D;
    private final int F;
    private final int V;
    private final int threads = torch.get_num_threads();
    private final Norm norm;
    private final Gate gate;
    private final Rotation rotation;

    /// @param recomputes whether blocks keep only their input, and run again backward: the same to the bit
    Backpropagation(Parameters parameters, boolean recomputes) {
        this(parameters, recomputes, QUERIES);
    }

    /// @param queries of a block of attention, a multiple of 16
    Backpropagation(Parameters parameters, boolean recomputes, int queries) {
        this.parameters = parameters;
        this.config = parameters.config();
        this.recomputes = recomputes;
        this.queries = queries;
        this.C = config.width();
        this.H = config.heads();
        this.D = config.headWidth();
        this.F = config.hidden();
        this.V = config.vocabulary();
        this.norm = new Norm(threads, C, config.normEpsilon());
        this.gate = new Gate(threads, F);
        this.rotation = Rotation.of(threads, H, D, config.context(), config.ropeTheta());
    }

    /// Whether there are kernels for this model here: its rows fill lanes, and the process may use them.
    static boolean serves(ModelConfig config, ScalarType compute) {
        return compute == ScalarType.BFloat16
                && Kernels.lanes() > 0
                && !config.qkNorm()
                && !config.scalarHead()
                && config.kvHeads() == config.heads()
                && config.width() % LANES == 0
                && config.headWidth() % (2 * LANES) == 0
                && config.hidden() % LANES == 0
                && config.vocabulary() % LANES == 0;
    }

    /// Whether it also serves rows of this length.
    static boolean serves(Batch batch) {
        return batch.ids().size(1) % LANES == 0;
    }

    /// @param layerDone told when all gradients of a layer are there, from the last layer to the first
    /// @return nats; if they are not finite, there are no gradients of this batch
    double backward(Batch batch, IntConsumer layerDone) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            return new Pass(batch, layerDone).run();
        }
    }

    /// One batch on its way up through the blocks and down again.
    private final class Pass {

        private final Batch batch;
        private final IntConsumer layerDone;
        private final int B;
        private final int T;
        private final int N;
        private final Tensor ids;
        private final Tensor dx; // (N, C), fp32: of what the block in hand gave
        private final Tensor dxHalves; // (N, C): the same, for products
        private final Tensor sums;
        private final Tensor ofEmbedding; // (V, C), fp32
        private double loss;

        Pass(Batch batch, IntConsumer layerDone) {
            this.batch = batch;
            this.layerDone = layerDone;
            this.B = Math.toIntExact(batch.ids().size(0));
            this.T = Math.toIntExact(batch.ids().size(1));
            this.N = B * T;
            this.ids = batch.ids().view(-1); // (N)
            this.dx = torch.zeros(N, C); // (N, C)
            this.dxHalves = halves(N, C); // (N, C)
            this.sums = floats(Norm.pieces(N), C);
            this.ofEmbedding = config.tied() ? floats(V, C) : torch.zeros(V, C);
        }

        double run() {
            Tensor x = weight("model.embed_tokens.weight").index_select(0, ids); // (N, C)
            through(0, new Stream(x, null));
            if (Double.isFinite(loss)) {
                ofEmbedding.index_add_(0, ids, dx);
                give("model.embed_tokens.weight", ofEmbedding);
            }
            return loss;
        }

        /// Up through this block and all above it, and down again. What the block keeps for the way
        /// down goes when it returns.
        private void through(int layer, Stream stream) {
            if (layer == config.layers()) {
                head(stream);
                return;
            }
            if (recomputes) {
                again(layer, stream);
                return;
            }
            try (PointerScope scope = new PointerScope()) {
                Kept kept = forward(layer, stream);
                through(layer + 1, new Stream(kept.h(), kept.out()));
                if (Double.isFinite(loss)) {
                    backward(layer, kept);
                }
            }
        }

        private void again(int layer, Stream stream) {
            Tensor input;
            Tensor above;
            try (PointerScope up = new PointerScope()) {
                Kept kept = forward(layer, stream);
                input = kept.x().retainReference();
                above = kept.h().add(kept.out()).retainReference(); // (N, C): the sum that the norm above would make
            }
            try (Tensor start = input) {
                try (Tensor next = above) { // which is the input that the block above keeps
                    through(layer + 1, new Stream(next, null));
                }
                if (Double.isFinite(loss)) {
                    try (PointerScope down = new PointerScope()) {
                        backward(layer, forward(layer, new Stream(start, null)));
                    }
                }
            }
        }

        private void head(Stream stream) {
            try (PointerScope scope = new PointerScope()) {
                Tensor weight = weight("model.norm.weight");
                Tensor scales = floats(N);
                Tensor y = halves(N, C); // (N, C)
                Tensor x = normed(stream, weight, y, scales); // (N, C)
                // Only positions with a label reach the output projection.
                int n = Math.toIntExact(batch.count());
                Tensor wanted = n == N ? y : y.index_select(0, batch.targets()); // (n, C)
                String name = config.tied() ? "model.embed_tokens.weight" : "lm_head.weight";
                Tensor output = weight(name).to(ScalarType.BFloat16); // (V, C)
                Tensor logits = mm(wanted, output.t()); // (n, V)
                Tensor nats = floats(n);
                new Loss(threads, V)
                        .of(n, memory(logits), memory(batch.labels()), memory(batch.weights()), memory(nats));
                loss = nats.dot(batch.weights()).item_double();
                if (!Double.isFinite(loss)) {
                    return;
                }
                Tensor gradient = logits; // overwritten with it
                Tensor ofWeight = mm(gradient.t(), wanted); // (V, C)
                if (config.tied()) {
                    ofEmbedding.copy_(ofWeight);
                } else {
                    give(ofWeight, name);
                }
                Tensor ofWanted = mm(gradient, output); // (n, C)
                Tensor dy = n == N ? ofWanted : torch.zeros_like(y).index_copy_(0, batch.targets(), ofWanted); // (N, C)
                back("model.norm.weight", dy, x, scales);
            }
        }

        private Kept forward(int layer, Stream stream) {
            String at = "model.layers." + layer + ".";
            Tensor scales = floats(N);
            Tensor normed = halves(N, C); // (N, C)
            Tensor x = normed(stream, weight(at + "input_layernorm.weight"), normed, scales); // (N, C)
            Tensor inward = halves(
                    at + "self_attn.q_proj.weight",
                    at + "self_attn.k_proj.weight",
                    at + "self_attn.v_proj.weight"); // (3H·D, C)
            Tensor qkv = mm(normed, inward.t()); // (N, 3H·D)
            Tensor q = halves(B * H, T, D);
            Tensor k = halves(B * H, T, D);
            Tensor v = halves(B * H, T, D);
            rotation.of(N, T, memory(qkv), memory(q), memory(k), memory(v));
            List<Tensor> shares = new ArrayList<>();
            Tensor mixed = halves(B, T, H, D);
            for (int from = 0; from < T; from += queries) {
                int to = Math.min(T, from + queries);
                Tensor scores =
                        bmm(q.narrow(1, from, to - from), k.narrow(1, 0, to).transpose(1, 2)); // (B·H, to − from, to)
                new Shares(threads, H, T, from, to).of(B * H, memory(scores), memory(batch.mask()));
                shares.add(scores); // overwritten with them
                Tensor part = bmm(scores, v.narrow(1, 0, to)).view(B, H, to - from, D); // (B, H, to − from, D)
                mixed.narrow(1, from, to - from).copy_(part.transpose(1, 2));
            }
            mixed = mixed.view(N, H * D); // (N, H·D)
            Tensor outward = halves(at + "self_attn.o_proj.weight"); // (C, H·D)
            Tensor o = mm(mixed, outward.t()); // (N, C)
            Tensor fed = halves(N, C); // (N, C)
            Tensor fedScales = floats(N);
            Tensor h =
                    normed(new Stream(x, o), weight(at + "post_attention_layernorm.weight"), fed, fedScales); // (N, C)
            Tensor wide = halves(at + "mlp.gate_proj.weight", at + "mlp.up_proj.weight"); // (2F, C)
            Tensor gateUp = mm(fed, wide.t()); // (N, 2F)
            Tensor gated = halves(N, F); // (N, F)
            gate.of(N, memory(gateUp), memory(gated));
            Tensor narrow = halves(at + "mlp.down_proj.weight"); // (C, F)
            Tensor out = mm(gated, narrow.t()); // (N, C)
            return new Kept(
                    x, normed, scales, q, k, v, shares, mixed, h, fed, fedScales, gateUp, gated, out, inward, outward,
                    wide, narrow);
        }

        private void backward(int layer, Kept kept) {
            String at = "model.layers." + layer + ".";
            try (PointerScope scope = new PointerScope()) {
                give(mm(dxHalves.t(), kept.gated()), at + "mlp.down_proj.weight"); // (C, F)
                Tensor dGated = mm(dxHalves, kept.narrow()); // (N, F)
                gate.back(N, memory(kept.gateUp()), memory(dGated));
                Tensor dGateUp = kept.gateUp(); // (N, 2F), overwritten with it
                give(mm(dGateUp.t(), kept.fed()), at + "mlp.gate_proj.weight", at + "mlp.up_proj.weight"); // (2F, C)
                back(at + "post_attention_layernorm.weight", mm(dGateUp, kept.wide()), kept.h(), kept.fedScales());
                give(mm(dxHalves.t(), kept.mixed()), at + "self_attn.o_proj.weight"); // (C, H·D)
                Tensor dqkv = attention(kept, mm(dxHalves, kept.outward())); // (N, 3H·D)
                give(
                        mm(dqkv.t(), kept.normed()), // (3H·D, C)
                        at + "self_attn.q_proj.weight",
                        at + "self_attn.k_proj.weight",
                        at + "self_attn.v_proj.weight");
                back(at + "input_layernorm.weight", mm(dqkv, kept.inward()), kept.x(), kept.scales());
                layerDone.accept(layer);
            }
        }

        /// @param dMixed (N, H·D)
        private Tensor attention(Kept kept, Tensor dMixed) {
            Tensor byHead = dMixed.view(B, T, H, D).transpose(1, 2); // (B, H, T, D)
            int parts = kept.shares().size();
            int[] starts = new int[parts];
            MemorySegment[] dq = new MemorySegment[parts];
            MemorySegment[] dk = new MemorySegment[parts];
            MemorySegment[] dv = new MemorySegment[parts];
            for (int part = 0; part < parts; part++) {
                int from = part * queries;
                int to = Math.min(T, from + queries);
                Tensor shares = kept.shares().get(part); // (B·H, to − from, to)
                Tensor d = byHead.narrow(2, from, to - from).reshape(B * H, to - from, D); // (B·H, to − from, D)
                Tensor dScores = bmm(d, kept.v().narrow(1, 0, to).transpose(1, 2)); // (B·H, to − from, to)
                new Shares(threads, H, T, from, to).back(B * H, memory(shares), memory(dScores));
                starts[part] = from;
                dq[part] = memory(bmm(dScores, kept.k().narrow(1, 0, to)));
                dk[part] = memory(bmm(dScores.transpose(1, 2), kept.q().narrow(1, from, to - from)));
                dv[part] = memory(bmm(shares.transpose(1, 2), d));
            }
            Tensor dqkv = halves(N, 3 * H * D); // (N, 3H·D)
            rotation.back(N, T, starts, dq, dk, dv, memory(dqkv));
            return dqkv;
        }

        /// @param y (N, C), bf16, overwritten with the normed numbers
        /// @return what was normed, (N, C), fp32
        private Tensor normed(Stream stream, Tensor weight, Tensor y, Tensor scales) {
            if (stream.more() == null) {
                norm.of(N, memory(stream.x()), memory(weight), memory(y), memory(scales));
                return stream.x();
            }
            Tensor sum = floats(N, C); // (N, C)
            norm.ofSum(
                    N,
                    memory(stream.x()),
                    memory(stream.more()),
                    memory(sum),
                    memory(weight),
                    memory(y),
                    memory(scales));
            return sum;
        }

        /// Back through a norm, whose input is what `dx` is of.
        private void back(String name, Tensor dy, Tensor x, Tensor scales) {
            norm.back(
                    N,
                    memory(dy),
                    memory(x),
                    memory(weight(name)),
                    memory(scales),
                    memory(dx),
                    memory(dxHalves),
                    memory(sums));
            give(name, sums.sum(0));
        }
    }

    /// The residual stream.
    ///
    /// @param x (N, C), fp32
    /// @param more (N, C), bf16: not added yet
    private record Stream(Tensor x, @Nullable Tensor more) {}

    /// What a block keeps for its way down. All but `x`, `h` and the scales is bf16.
    ///
    /// @param x (N, C): input
    /// @param normed (N, C)
    /// @param q (B·H, T, D), as k and v
    /// @param shares of each block of queries, (B·H, queries, keys)
    /// @param mixed (N, H·D)
    /// @param h (N, C): with what attention adds
    /// @param fed (N, C): normed
    /// @param gateUp (N, 2F)
    /// @param gated (N, F)
    /// @param out (N, C): what the feed-forward part adds to `h`
    /// @param inward weights of q, k and v; the others are those of the three products behind it
    private record Kept(
            Tensor x,
            Tensor normed,
            Tensor scales,
            Tensor q,
            Tensor k,
            Tensor v,
            List<Tensor> shares,
            Tensor mixed,
            Tensor h,
            Tensor fed,
            Tensor fedScales,
            Tensor gateUp,
            Tensor gated,
            Tensor out,
            Tensor inward,
            Tensor outward,
            Tensor wide,
            Tensor narrow) {}

    /// Weights below each other, in bf16.
    private Tensor halves(String... names) {
        if (names.length == 1) {
            return weight(names[0]).to(ScalarType.BFloat16);
        }
        long rows = Arrays.stream(names).mapToLong(name -> weight(name).size(0)).sum();
        Tensor joined = halves(rows, weight(names[0]).size(1));
        long at = 0;
        for (String name : names) {
            long count = weight(name).size(0);
            joined.narrow(0, at, count).copy_(weight(name));
            at += count;
        }
        return joined;
    }

    /// Gradients of weights that lie below each other.
    private void give(Tensor gradient, String... names) {
        Tensor floats = gradient.to(ScalarType.Float);
        long at = 0;
        for (String name : names) {
            long count = weight(name).size(0);
            give(name, floats.narrow(0, at, count));
            at += count;
        }
    }

    private void give(String name, Tensor gradient) {
        Tensor parameter = weight(name);
        if (parameter.grad().defined()) {
            parameter.mutable_grad().add_(gradient);
        } else {
            parameter.mutable_grad().put(gradient);
        }
    }

    private Tensor weight(String name) {
        return parameters.get(name);
    }

    private static Tensor halves(long... shape) {
        return empty(shape, new TensorOptions(ScalarType.BFloat16), new MemoryFormatOptional());
    }

    private static Tensor floats(long... shape) {
        return empty(shape);
    }

    /// The memory of a tensor without gaps, valid as long as the tensor is.
    private static MemorySegment memory(Tensor tensor) {
        return MemorySegment.ofAddress(tensor.data_ptr().address()).reinterpret(tensor.nbytes());
    }
}
