package org.millrace.checkpoint;

import java.util.SortedMap;
import java.util.TreeMap;

/// The shape of a Llama-family decoder: RMSNorm, RoPE (half-rotation), grouped-query attention,
/// SwiGLU.
///
/// Everything that a forward pass needs to know besides the weights. It knows no engine.
///
/// @param layers blocks, at least 1
/// @param width C, channels of the residual stream
/// @param heads H, query heads
/// @param kvHeads key and value heads; divides `heads`
/// @param headWidth D, channels of one head; even, for the rotation
/// @param hidden channels between gate/up and down projections
/// @param vocabulary V, ids are 0 to V − 1
/// @param context T, tokens the model was trained to look back on
/// @param ropeTheta base of the rotation's frequencies
/// @param normEpsilon added to the mean square in RMSNorm
/// @param qkNorm RMSNorm with weights on each head's query and key before the rotation (as Qwen3)
/// @param tied the output projection is the embedding
/// @param scalarHead one number a token instead of logits: a reward model or a critic
/// @param rewardMean of the raw score on reference answers; `reward = (raw − mean) / deviation`
/// @param rewardDeviation see `rewardMean`; above 0
/// @param bosId id that starts every sequence
/// @param eosId id that ends the assistant's turn
public record ModelConfig(
        int layers,
        int width,
        int heads,
        int kvHeads,
        int headWidth,
        int hidden,
        int vocabulary,
        int context,
        double ropeTheta,
        double normEpsilon,
        boolean qkNorm,
        boolean tied,
        boolean scalarHead,
        double rewardMean,
        double rewardDeviation,
        int bosId,
        int eosId) {

    /// Channels of a head, where the dial decides.
    private static final int HEAD_WIDTH = 64;

    private static final double ROPE_THETA = 10_000;

    public ModelConfig {
        within("layers", layers, 1, 1_024);
        within("width", width, 1, 1 << 20);
        within("heads", heads, 1, 4_096);
        within("kvHeads", kvHeads, 1, heads);
        within("headWidth", headWidth, 2, 4_096);
        within("hidden", hidden, 1, 1 << 22);
        within("vocabulary", vocabulary, 2, 1 << 24);
        within("context", context, 1, 1 << 24);
        within("bosId", bosId, 0, vocabulary - 1);
        within("eosId", eosId, 0, vocabulary - 1);
        if (heads % kvHeads != 0) {
            throw new IllegalArgumentException(
                    "kvHeads: expected a divisor of heads = %d, got %d".formatted(heads, kvHeads));
        }
        if (headWidth % 2 != 0) {
            throw new IllegalArgumentException("headWidth: expected an even number, got " + headWidth);
        }
        positive("ropeTheta", ropeTheta);
        positive("normEpsilon", normEpsilon);
        positive("rewardDeviation", rewardDeviation);
        if (!Double.isFinite(rewardMean)) {
            throw new IllegalArgumentException("rewardMean: expected a finite number, got " + rewardMean);
        }
    }

    /// The model that follows from the dial `depth`: what is trained from random weights here.
    ///
    /// @param depth layers, at least 1
    /// @param width channels; 0: what follows from `depth`
    public static ModelConfig ofDepth(int depth, int width, int context, int vocabulary, int bosId, int eosId) {
        return ofDepth(depth, Shape.ofWidth(width), context, vocabulary, bosId, eosId);
    }

    /// The same, but for what is asked otherwise.
    ///
    /// ```text
    /// layers L = depth
    /// width C  = 64 · depth
    /// heads H  = max(1, C / 64)              kvHeads = H: caches are small at these sizes
    /// D        = C / H, made even
    /// hidden F = 8/3 · C, up to a multiple of 32     SwiGLU's three matrices ≈ a 4 · C pair
    /// θ        = 10,000                      qkNorm off; tied: small models have few numbers to spare
    /// ```
    ///
    /// @param depth at least 1
    /// @param asked what does not follow from it
    public static ModelConfig ofDepth(int depth, Shape asked, int context, int vocabulary, int bosId, int eosId) {
        int channels = asked.width() > 0 ? asked.width() : HEAD_WIDTH * depth;
        int heads = asked.heads() > 0 ? asked.heads() : Math.max(1, channels / HEAD_WIDTH);
        int headWidth = Math.max(2, channels / heads / 2 * 2);
        int hidden = Math.ceilDiv(Math.ceilDiv(8 * channels, 3), 32) * 32;
        return new ModelConfig(
                asked.layers() > 0 ? asked.layers() : depth,
                channels,
                heads,
                asked.kvHeads() > 0 ? asked.kvHeads() : heads,
                headWidth,
                asked.hidden() > 0 ? asked.hidden() : hidden,
                vocabulary,
                context,
                asked.ropeTheta() > 0 ? asked.ropeTheta() : ROPE_THETA,
                1e-5,
                asked.qkNorm() != null && asked.qkNorm(),
                asked.tied() == null || asked.tied(),
                false,
                0,
                1,
                bosId,
                eosId);
    }

    /// Name and shape of every tensor of this model, with Hugging Face names; rows are outputs.
    public SortedMap<String, long[]> tensors() {
        SortedMap<String, long[]> shapes = new TreeMap<>();
        shapes.put("model.embed_tokens.weight", new long[] {vocabulary, width});
        for (int layer = 0; layer < layers; layer++) {
            String prefix = "model.layers." + layer + ".";
            shapes.put(prefix + "input_layernorm.weight", new long[] {width});
            shapes.put(prefix + "self_attn.q_proj.weight", new long[] {(long) heads * headWidth, width});
            shapes.put(prefix + "self_attn.k_proj.weight", new long[] {(long) kvHeads * headWidth, width});
            shapes.put(prefix + "self_attn.v_proj.weight", new long[] {(long) kvHeads * headWidth, width});
            shapes.put(prefix + "self_attn.o_proj.weight", new long[] {width, (long) heads * headWidth});
            if (qkNorm) {
                shapes.put(prefix + "self_attn.q_norm.weight", new long[] {headWidth});
                shapes.put(prefix + "self_attn.k_norm.weight", new long[] {headWidth});
            }
            shapes.put(prefix + "post_attention_layernorm.weight", new long[] {width});
            shapes.put(prefix + "mlp.gate_proj.weight", new long[] {hidden, width});
            shapes.put(prefix + "mlp.up_proj.weight", new long[] {hidden, width});
            shapes.put(prefix + "mlp.down_proj.weight", new long[] {width, hidden});
        }
        shapes.put("model.norm.weight", new long[] {width});
        if (scalarHead) {
            shapes.put("score.weight", new long[] {1, width});
        } else if (!tied) {
            shapes.put("lm_head.weight", new long[] {vocabulary, width});
        }
        return shapes;
    }

    /// Numbers that are learned.
    public long parameters() {
        long sum = 0;
        for (long[] shape : tensors().values()) {
            long count = 1;
            for (long extent : shape) {
                count *= extent;
            }
            sum += count;
        }
        return sum;
    }

    /// The same trunk with a scalar head: for a reward model or a critic.
    public ModelConfig withScalarHead() {
        return new ModelConfig(
                layers,
                width,
                heads,
                kvHeads,
                headWidth,
                hidden,
                vocabulary,
                context,
                ropeTheta,
                normEpsilon,
                qkNorm,
                tied,
                true,
                0,
                1,
                bosId,
                eosId);
    }

    /// The same model with another normalisation of its scores.
    public ModelConfig withReward(double mean, double deviation) {
        return new ModelConfig(
                layers,
                width,
                heads,
                kvHeads,
                headWidth,
                hidden,
                vocabulary,
                context,
                ropeTheta,
                normEpsilon,
                qkNorm,
                tied,
                scalarHead,
                mean,
                deviation,
                bosId,
                eosId);
    }

    private static void within(String name, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException("%s: expected %d to %d, got %d".formatted(name, least, most, value));
        }
    }

    private static void positive(String name, double value) {
        if (!(value > 0) || !Double.isFinite(value)) {
            throw new IllegalArgumentException("%s: expected a finite number above 0, got %s".formatted(name, value));
        }
    }
}
