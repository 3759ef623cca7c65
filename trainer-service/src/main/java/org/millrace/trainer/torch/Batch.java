package org.millrace.trainer.torch;

import static org.bytedeco.pytorch.global.torch.cross_entropy_loss;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;
import org.bytedeco.pytorch.AbstractTensor;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.millrace.trainer.Row;

/// Rows as tensors. Belongs to the scope of its step.
///
/// @param ids (B, T)
/// @param mask (B, 1, T, T): 0 within a segment up to the position itself, [#HIDDEN] elsewhere
/// @param targets (N): places among B·T that have a label
/// @param labels (N)
/// @param weights (N): share of each label in the loss; they sum to 1
record Batch(Tensor ids, Tensor mask, Tensor targets, Tensor labels, Tensor weights) {

    private static final long NO_REDUCTION = 0; // at::Reduction::None

    /// Added to a score that must not count. Finite, so that a fully hidden row is not NaN.
    static final double HIDDEN = -1e9;

    /// Rows whose labels all weigh the same.
    static Batch of(List<Row> rows) {
        return of(rows, List.of(), 0);
    }

    /// Rows of two kinds. However many labels the second kind has, together they make `share` of
    /// the loss.
    static Batch of(List<Row> rows, List<Row> mixedIn, double share) {
        return parts(rows, mixedIn, share, Integer.MAX_VALUE).getFirst().batch();
    }

    /// The same in parts of at most so many rows, whose losses and gradients add up to those of the
    /// whole.
    static List<Part> parts(List<Row> rows, List<Row> mixedIn, double share, int most) {
        return parts(rows, mixedIn, share, most, 0, rows.size() + mixedIn.size());
    }

    /// Of them, the rows `from` to `to`; each label weighs what it does in the whole.
    ///
    /// @param from counted over both kinds, those of the second behind those of the first
    static List<Part> parts(List<Row> rows, List<Row> mixedIn, double share, int most, int from, int to) {
        int own = rows.stream().mapToInt(Row::targets).sum();
        int other = mixedIn.stream().mapToInt(Row::targets).sum();
        float ownWeight = (float) (other == 0 ? 1.0 / own : (1 - share) / own);
        float otherWeight = (float) (own == 0 ? 1.0 / other : share / other);
        List<Row> all = new ArrayList<>(rows);
        all.addAll(mixedIn);
        List<Part> parts = new ArrayList<>();
        for (int start = from; start < to; start += Math.min(most, to - from)) {
            int end = (int) Math.min(to, (long) start + most);
            parts.add(new Part(
                    all.subList(start, end), Math.clamp(rows.size() - start, 0, end - start), ownWeight, otherWeight));
        }
        return parts;
    }

    /// Some rows of a step, not yet tensors.
    ///
    /// @param own how many of them are of the first kind; they come first
    record Part(List<Row> rows, int own, float ownWeight, float otherWeight) {

        /// These rows as tensors, in the scope that is open.
        Batch batch() {
            int B = rows.size();
            int T = rows.getFirst().inputs().length;
            int count = rows.stream().mapToInt(Row::targets).sum();
            long[] ids = new long[B * T];
            float[] segments = new float[B * T];
            long[] targets = new long[count];
            long[] labels = new long[count];
            float[] weights = new float[count];
            int next = 0;
            for (int b = 0; b < B; b++) {
                Row row = rows.get(b);
                for (int t = 0; t < T; t++) {
                    ids[b * T + t] = row.inputs()[t];
                    segments[b * T + t] = row.segments()[t];
                    if (row.labels()[t] != Row.IGNORED) {
                        targets[next] = (long) b * T + t;
                        labels[next] = row.labels()[t];
                        weights[next++] = b < own ? ownWeight : otherWeight;
                    }
                }
            }
            return new Batch(
                    AbstractTensor.create(ids, B, T),
                    mask(AbstractTensor.create(segments, B, T)),
                    AbstractTensor.create(targets, targets.length),
                    AbstractTensor.create(labels, labels.length),
                    AbstractTensor.create(weights, weights.length));
        }
    }

    private static Tensor mask(Tensor segments) {
        Tensor same = segments.unsqueeze(2).eq(segments.unsqueeze(1)); // (B, T, T)
        Tensor seen = same.tril().unsqueeze(1); // (B, 1, T, T)
        return seen.logical_not().to(ScalarType.Float).mul(new Scalar(HIDDEN)); // (B, 1, T, T)
    }

    /// Weighted mean of the labels' nats, with a graph.
    Tensor loss(Decoder decoder) {
        Tensor logits = decoder.logits(wanted(decoder)); // (N, V)
        return cross_entropy_loss(logits, labels, new TensorOptional(), NO_REDUCTION, -100, 0.0)
                .dot(weights); // ()
    }

    /// The same loss, with its gradients left at the parameters: less memory and time than
    /// [#loss] and `backward`.
    ///
    /// @return nats; if they are not finite, there are no gradients
    double backward(Decoder decoder) {
        return backward(decoder, layer -> {});
    }

    /// @param layerDone told by [Backpropagation] when a layer has all its gradients; of the graphs of
    ///     autograd a hook can tell
    double backward(Decoder decoder, IntConsumer layerDone) {
        if (count() == 0) {
            return 0;
        }
        Optional<Backpropagation> kernels = decoder.kernels();
        if (kernels.isPresent() && Backpropagation.serves(this)) {
            return kernels.get().backward(this, layerDone);
        }
        return decoder.recomputes()
                ? Recomputation.backward(decoder, this)
                : CrossEntropy.backward(decoder.output(wanted(decoder)), labels, weights);
    }

    /// Nats of each label, (N), without gradients.
    Tensor nats(Decoder decoder) {
        return CrossEntropy.nats(decoder.output(wanted(decoder)), labels);
    }

    /// Only positions with a label reach the output projection.
    private Tensor wanted(Decoder decoder) {
        return wanted(decoder.hidden(ids, mask)); // (N, C)
    }

    /// @param hidden (B, T, C)
    Tensor wanted(Tensor hidden) {
        return hidden.flatten(0, 1).index_select(0, targets); // (N, C)
    }

    long count() {
        return labels.numel();
    }
}
