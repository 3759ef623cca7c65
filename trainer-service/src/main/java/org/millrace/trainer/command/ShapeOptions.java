package org.millrace.trainer.command;

import org.jspecify.annotations.Nullable;
import org.millrace.checkpoint.Shape;
import picocli.CommandLine.Option;

/// The shape of a model, where it does not follow from the depth; named as in a plan that is submitted.
final class ShapeOptions {

    @Option(names = "--layers", paramLabel = "N", description = "pretrain: blocks (default: the depth).")
    private int layers;

    @Option(names = "--width", paramLabel = "N", description = "pretrain: channels (default: 64 a layer).")
    private int width;

    @Option(names = "--heads", paramLabel = "N", description = "pretrain: query heads (default: width ÷ 64).")
    private int heads;

    @Option(
            names = "--kv-heads",
            paramLabel = "N",
            description = "pretrain: key and value heads, a divisor of the heads (default: as many as heads).")
    private int kvHeads;

    @Option(
            names = "--hidden",
            paramLabel = "N",
            description = "pretrain: channels between the feed-forward projections (default: 8/3 × width).")
    private int hidden;

    @Option(
            names = "--rope-theta",
            paramLabel = "X",
            description = "pretrain: base of the rotation's frequencies (default: 10,000).")
    private double ropeTheta;

    @Option(
            names = "--qk-norm",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "true|false",
            description = "pretrain: RMSNorm of each head's query and key, as in Qwen3 (default: false).")
    private @Nullable Boolean qkNorm;

    @Option(
            names = "--tied",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "true|false",
            description = "pretrain: the output projection is the embedding (default: true).")
    private @Nullable Boolean tied;

    Shape shape() {
        return new Shape(layers, width, heads, kvHeads, hidden, ropeTheta, qkNorm, tied);
    }
}
